import sharp from 'sharp';
import { colourEvidence } from '../pixels/colour-evidence.js';
import { cropBox } from '../pixels/crop-box.js';
import type { EvidenceMap } from '../pixels/evidence-map.js';

/** The longest side of the PNG, in pixels: the maps have a few cells, so that more shows nothing else. */
const LONGEST_SIDE = 2_048;

/**
 * Renders an evidence map as a PNG to lay over the image, in the colours of {@link colourEvidence}, interpolated between the
 * cells of the map. It has the size of the image, or its proportions where the image is larger than 2,048 pixels. The part of the image outside of the network's `crop` is transparent.
 */
export async function renderEvidenceMap(
  map: EvidenceMap,
  imageWidth: number,
  imageHeight: number,
  crop = 1,
): Promise<Buffer> {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(imageWidth, imageHeight));
  const width = Math.max(1, Math.round(imageWidth * scale));
  const height = Math.max(1, Math.round(imageHeight * scale));
  const box = cropBox(width, height, crop);
  return sharp(colourEvidence(map), { raw: { width: map.width, height: map.height, channels: 4 } })
    .resize(box.width, box.height, { fit: 'fill', kernel: 'linear' })
    .extend({
      left: box.left,
      top: box.top,
      right: width - box.left - box.width,
      bottom: height - box.top - box.height,
      background: { r: 0, g: 0, b: 0, alpha: 0 },
    })
    .png({ compressionLevel: 6 })
    .toBuffer();
}
