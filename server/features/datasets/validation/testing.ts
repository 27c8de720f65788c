import sharp from 'sharp';
import type { DemoCell } from '../../../imaging/demo-cells.js';
import {
  type ImageMeasurements,
  MEASUREMENTS_VERSION,
  measureImage,
} from '../../../imaging/measure-image.js';
import type { EarlierSnapshot, SnapshotImages } from './image-check.js';
import type { MeasuredItem } from './measured-items.js';

/** A measured item for tests: by default a distinct grey image; `given` and `measurements` override its properties. */
export function measuredItem({
  measurements: some,
  ...given
}: Partial<Omit<MeasuredItem, 'measurements'>> & {
  measurements?: Partial<Omit<ImageMeasurements, 'version'>>;
}): MeasuredItem {
  const key = given.key ?? 'blast/1.jpg';
  const measurements: ImageMeasurements = {
    version: MEASUREMENTS_VERSION,
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
    cells: { wholeCells: 1, subject: { diameter: 60, isCutOff: false }, redCellDiameter: 30 },
    jpeg: { tables: '00000000', quality: 90, subsampling: '1x1', progressive: false },
    ...some,
  };
  const { colour, contrast, perceptualHash, cells } = measurements;
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
    colour,
    contrast,
    perceptualHash,
    cells,
    ...given,
    measurements,
  };
}

/** A small snapshot, whose sample contains all its items. */
export function snapshotOf(
  items: readonly MeasuredItem[],
  earlier: EarlierSnapshot | null = null,
): SnapshotImages {
  return { classes: null, items, sample: items, earlier };
}

/**
 * Demo cells whose blasts look as if photographed under the warmer lamp of another microscope: red becomes brighter, and blue
 * darker, by the share `tint`. At 0 only the cells differ between the labels.
 */
export async function tintBlasts(cells: readonly DemoCell[], tint: number): Promise<MeasuredItem[]> {
  return Promise.all(
    cells.map(async ({ key, label, group, bytes }) => {
      const gains = label === 'blast' ? [1 + tint, 1, 1 - tint] : [1, 1, 1];
      const photograph = await sharp(bytes).linear(gains, [0, 0, 0]).jpeg({ quality: 90 }).toBuffer();
      const { header, measurements } = await measureImage(photograph);
      return measuredItem({ key, label, group, ...header, byteSize: photograph.byteLength, measurements });
    }),
  );
}
