import sharp from 'sharp';
import { colourEvidence } from '../pixels/colour-evidence.js';
import { insideOf } from '../pixels/cell-frame.js';
import type { CropBox } from '../pixels/crop-box.js';
import type { EvidenceMap } from '../pixels/evidence-map.js';

/** The longest side of the PNG, in pixels: the maps have a few cells, so that more shows nothing else. */
const LONGEST_SIDE = 2_048;

/**
 * Renders an evidence map as a PNG to lay over the image, in the colours of {@link colourEvidence}, interpolated between the
 * cells of the map. It has the size of the image, or its proportions where the image is larger than 2,048 pixels. Outside of
 * `frame`, it is transparent.
 *
 * @param frame the part of the image that the network saw, which may reach beyond the image; by default the whole image
 */
export async function renderEvidenceMap(
  map: EvidenceMap,
  imageWidth: number,
  imageHeight: number,
  frame: CropBox = { left: 0, top: 0, width: imageWidth, height: imageHeight },
): Promise<Buffer> {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(imageWidth, imageHeight));
  const scaled = (length: number) => Math.max(1, Math.round(length * scale));
  const [width, height] = [scaled(imageWidth), scaled(imageHeight)];
  const box = {
    left: Math.round(frame.left * scale),
    top: Math.round(frame.top * scale),
    width: scaled(frame.width),
    height: scaled(frame.height),
  };
  const inside = insideOf(box, { width, height });
  return sharp(colourEvidence(map), { raw: { width: map.width, height: map.height, channels: 4 } })
    .resize(box.width, box.height, { fit: 'fill', kernel: 'linear' })
    .extract({ ...inside, left: inside.left - box.left, top: inside.top - box.top })
    .extend({
      left: inside.left,
      top: inside.top,
      right: width - inside.left - inside.width,
      bottom: height - inside.top - inside.height,
      background: { r: 0, g: 0, b: 0, alpha: 0 },
    })
    .png({ compressionLevel: 6 })
    .toBuffer();
}
