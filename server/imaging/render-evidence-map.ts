import sharp from 'sharp';
import { cropBox } from './crop-box.js';
import type { EvidenceMap } from './evidence-map.js';

/** Dark on a bright smear, and told apart with any colour vision (Okabe & Ito 2008: vermillion, blue). */
const FOR_POSITIVE = [213, 94, 0] as const;
const AGAINST = [0, 114, 178] as const;
const STRONGEST_OPACITY = 200;

/**
 * A PNG to lay over the image: vermillion where the evidence is for the positive label, blue where it is against, the more
 * opaque the stronger, and transparent where there is none. The strongest cell sets the scale; between cells it is
 * interpolated. What lies outside of the network's `crop` of the image is transparent.
 */
export async function renderEvidenceMap(
  { height, width, values }: EvidenceMap,
  imageWidth: number,
  imageHeight: number,
  crop = 1,
): Promise<Buffer> {
  const box = cropBox(imageWidth, imageHeight, crop);
  const strongest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const cells = new Uint8Array(values.length * 4);
  values.forEach((value, cell) => {
    cells.set(value > 0 ? FOR_POSITIVE : AGAINST, 4 * cell);
    cells[4 * cell + 3] = Math.round((STRONGEST_OPACITY * Math.abs(value)) / strongest);
  });
  return sharp(cells, { raw: { width, height, channels: 4 } })
    .resize(box.width, box.height, { fit: 'fill', kernel: 'linear' })
    .extend({
      left: box.left,
      top: box.top,
      right: imageWidth - box.left - box.width,
      bottom: imageHeight - box.top - box.height,
      background: { r: 0, g: 0, b: 0, alpha: 0 },
    })
    .png({ compressionLevel: 6 })
    .toBuffer();
}
