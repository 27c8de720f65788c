import type { ImageMeasurements } from '../../../imaging/measure-image.js';
import type { MeasuredItem } from './measured-items.js';

/** A measured item for tests: a grey image of its own, but for what is given. */
export function measuredItem({
  measurements,
  ...given
}: Partial<Omit<MeasuredItem, 'measurements'>> & {
  measurements?: Partial<ImageMeasurements>;
}): MeasuredItem {
  const key = given.key ?? 'blast/1.jpg';
  return {
    key,
    label: key.split('/')[0] ?? '',
    group: null,
    split: null,
    sha256: key,
    width: 100,
    height: 100,
    byteSize: 5000,
    mediaType: 'image/jpeg',
    ...given,
    measurements: {
      corners: [
        [200, 200, 200],
        [200, 200, 200],
        [200, 200, 200],
        [200, 200, 200],
      ],
      cornerSpread: [5, 5, 5],
      border: [200, 200, 200],
      borderSpread: [5, 5, 5],
      colour: [180, 180, 180],
      colourSpread: [40, 40, 40],
      contrast: 40,
      perceptualHash: '0'.repeat(64),
      jpeg: { tables: '00000000', quality: 90, subsampling: '1x1', progressive: false },
      ...measurements,
    },
  };
}
