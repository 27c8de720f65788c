import sharp from 'sharp';
import { insideOf } from '../pixels/cell-frame.js';
import type { CropBox } from '../pixels/crop-box.js';
import { partOf } from '../pixels/part-of.js';
import type { Picture } from '../pixels/prepare-pixels.js';
import { slideColour } from '../pixels/slide-colour.js';
import { openImage } from './open-image.js';
import { pictureOf } from './prepare-image.js';

/**
 * PNGs of parts of an image in their full resolution, in their order. What lies outside the image has the colour of the empty slide, as
 * in the input of a network. The same bytes and boxes give the same PNGs. The image is decoded once.
 * Throws UnreadableImageError.
 */
export async function* cellImages(bytes: Uint8Array, boxes: readonly CropBox[]): AsyncGenerator<Buffer> {
  const picture = await pictureOf(await openImage(bytes));
  const slide = slideColour(picture);
  for (const box of boxes) yield await cellImage(picture, box, slide);
}

function cellImage(
  picture: Picture,
  box: CropBox,
  [r, g, b]: readonly [number, number, number],
): Promise<Buffer> {
  const inside = insideOf(box, picture);
  const raw = { width: inside.width, height: inside.height, channels: 3 } as const;
  return sharp(partOf(picture, inside), { raw })
    .extend({
      left: inside.left - box.left,
      top: inside.top - box.top,
      right: box.left + box.width - inside.left - inside.width,
      bottom: box.top + box.height - inside.top - inside.height,
      background: { r, g, b },
    })
    .png()
    .toBuffer();
}
