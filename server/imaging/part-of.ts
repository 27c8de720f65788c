import sharp, { type Sharp } from 'sharp';
import type { CropBox } from '../pixels/crop-box.js';

/**
 * A part of a decoded picture. Where the part reaches beyond the border, the picture is mirrored.
 * @param box overlaps the picture, in whole pixels
 */
export async function partOf(
  picture: Sharp,
  { width, height }: { readonly width: number; readonly height: number },
  box: CropBox,
): Promise<Sharp> {
  const left = Math.max(0, box.left);
  const top = Math.max(0, box.top);
  const inside = {
    left,
    top,
    width: Math.min(width, box.left + box.width) - left,
    height: Math.min(height, box.top + box.height) - top,
  };
  const part = picture.clone().extract(inside);
  if (inside.width === box.width && inside.height === box.height) return part;
  const { data, info } = await part.raw().toBuffer({ resolveWithObject: true });
  const beyond = {
    left: left - box.left,
    top: top - box.top,
    right: box.left + box.width - left - inside.width,
    bottom: box.top + box.height - top - inside.height,
  };
  // A pipeline extends after it resizes, so this is a separate one.
  const extended = await sharp(data, { raw: info })
    .extend({ ...beyond, extendWith: 'mirror' })
    .raw()
    .toBuffer();
  return sharp(extended, { raw: { width: box.width, height: box.height, channels: info.channels } });
}
