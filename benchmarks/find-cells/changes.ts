import sharp, { type Sharp } from 'sharp';
import type { Picture } from './image-sets.js';

/** What other cameras, lamps and programs do to a picture. */
export const changes: Record<string, (picture: Picture) => Promise<Picture>> = {
  'as it is': (picture) => Promise.resolve(picture),
  'warm lamp': byChannel((value, channel) => value * ([1, 0.9, 0.72][channel] ?? 1)),
  'cold lamp': byChannel((value, channel) => value * ([0.78, 0.9, 1][channel] ?? 1)),
  'gamma 0.7': byChannel((value) => 255 * (value / 255) ** 0.7),
  'gamma 1.4': byChannel((value) => 255 * (value / 255) ** 1.4),
  'dark (0.6)': byChannel((value) => 0.6 * value),
  blurred: (picture) => bySharp(picture, (image) => image.blur((1.6 * picture.width) / 224)),
  'JPEG quality 50': async (picture) => {
    const bytes = await open(picture).jpeg({ quality: 50 }).toBuffer();
    return { ...picture, pixels: new Uint8Array(await sharp(bytes).raw().toBuffer()) };
  },
  ...Object.fromEntries(
    [0.5, 0.7, 1.5, 2, 3].map((scale) => [
      `scaled by ${scale}`,
      (picture: Picture) =>
        bySharp(picture, (image) =>
          image.resize(Math.round(picture.width * scale), Math.round(picture.height * scale), {
            fit: 'fill',
          }),
        ),
    ]),
  ),
};

function open({ pixels, width, height }: Picture): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

async function bySharp(picture: Picture, change: (image: Sharp) => Sharp): Promise<Picture> {
  const { data, info } = await change(open(picture)).raw().toBuffer({ resolveWithObject: true });
  return { name: picture.name, pixels: new Uint8Array(data), width: info.width, height: info.height };
}

function byChannel(
  change: (value: number, channel: number) => number,
): (picture: Picture) => Promise<Picture> {
  return (picture) => {
    const pixels = picture.pixels.map((value, at) =>
      Math.max(0, Math.min(255, Math.round(change(value, at % 3)))),
    );
    return Promise.resolve({ ...picture, pixels });
  };
}
