import sharp from 'sharp';
import { reducePart } from './reduce-picture.js';
import { drawSmear } from './testing.js';

describe('reducing a part without a pipeline', () => {
  it.each<
    [string, [left: number, top: number, width: number, height: number], [width: number, height: number]]
  >([
    ['to less than half', [3, 5, 200, 200], [64, 64]],
    ['to a little less', [3, 5, 65, 65], [64, 64]],
    ['by a fraction, not in proportion', [0, 0, 133, 97], [64, 50]],
    ['to almost a quarter', [1, 2, 255, 199], [64, 50]],
    ['of one column', [5, 0, 3, 90], [1, 64]],
    ['for a network of 224 pixels', [0, 0, 360, 363], [224, 224]],
    ['for the same network once more', [7, 1, 360, 363], [224, 224]],
    ['from an odd place', [31, 17, 301, 287], [224, 96]],
  ])('gives the pixels of sharp %s', async (_how, [left, top, width, height], [toWidth, toHeight]) => {
    const picture = { width: 420, height: 400 };
    for (const pixels of [await drawSmear(picture).raw().toBuffer(), contrasts(picture)]) {
      const box = { left, top, width, height };
      const expected = await sharp(pixels, { raw: { ...picture, channels: 3 } })
        .extract(box)
        .resize(toWidth, toHeight, { fit: 'fill', kernel: 'lanczos3' })
        .raw()
        .toBuffer();
      const actual = reducePart({ ...picture, pixels }, box, toWidth, toHeight);
      expect(Buffer.from(actual ?? []).equals(expected)).toBe(true);
    }
  });

  it.each<[string, [width: number, height: number], [width: number, height: number]]>([
    ['larger', [50, 50], [64, 64]],
    ['smaller in one direction', [50, 90], [64, 64]],
    ['of the same size', [64, 64], [64, 64]],
    ['of a quarter', [256, 256], [64, 64]],
  ])('leaves a result that is %s to sharp', (_how, [width, height], [toWidth, toHeight]) => {
    const picture = { width: 300, height: 300, pixels: new Uint8Array(300 * 300 * 3) };
    expect(reducePart(picture, { left: 0, top: 0, width, height }, toWidth, toHeight)).toBeNull();
  });
});

/** Black and white in blocks of changing sizes, where the kernel goes far below 0 and above 255. */
function contrasts({ width, height }: { width: number; height: number }): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return ((pixel % width) >> (at % 5)) % 2 === (Math.floor(pixel / width) >> (at % 3)) % 2 ? 255 : 0;
  });
}
