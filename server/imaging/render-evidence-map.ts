import sharp from 'sharp';
import { colourEvidence } from '../pixels/colour-evidence.js';
import { cropBox } from '../pixels/crop-box.js';
import type { EvidenceMap } from '../pixels/evidence-map.js';

/**
 * Renders an evidence map as a PNG to lay over the image, in the colours of {@link colourEvidence}, interpolated between the
 * cells of the map. The part of the image outside of the network's `crop` is transparent.
 */
export async function renderEvidenceMap(
  map: EvidenceMap,
  imageWidth: number,
  imageHeight: number,
  crop = 1,
): Promise<Buffer> {
  const box = cropBox(imageWidth, imageHeight, crop);
  return sharp(colourEvidence(map), { raw: { width: map.width, height: map.height, channels: 4 } })
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
