import sharp from 'sharp';
import { drawSmear } from '../imaging/testing.js';
import { pictureResizer } from './resize-picture.js';

describe('resizing without sharp', () => {
  it.each<
    [string, [left: number, top: number, width: number, height: number], [width: number, height: number]]
  >([
    ['to less than half', [3, 5, 200, 200], [64, 64]],
    ['to a little less', [3, 5, 65, 65], [64, 64]],
    ['by a fraction, not in proportion', [0, 0, 133, 97], [64, 50]],
    ['to the same size', [9, 9, 64, 64], [64, 64]],
    ['to a sixth, with means of blocks', [10, 0, 400, 390], [64, 64]],
    ['to a fifth, in blocks that do not fill the picture', [1, 2, 257, 311], [50, 60]],
    ['to a larger size', [40, 40, 50, 50], [64, 64]],
    ['to more than twice the size', [40, 40, 30, 30], [64, 64]],
    ['to a larger width and a smaller height', [0, 0, 40, 90], [64, 64]],
    ['to a smaller width and a larger height', [0, 0, 90, 33], [64, 64]],
    ['to one row', [0, 0, 100, 400], [64, 1]],
    ['for a network of 224 pixels', [0, 0, 360, 363], [224, 224]],
  ])('gives the pixels of sharp %s', async (_how, [left, top, width, height], [toWidth, toHeight]) => {
    const picture = { width: 420, height: 400 };
    const pixels = await drawSmear(picture).raw().toBuffer();
    const box = { left, top, width, height };
    const expected = await sharp(pixels, { raw: { ...picture, channels: 3 } })
      .extract(box)
      .resize(toWidth, toHeight, { fit: 'fill', kernel: 'lanczos3' })
      .raw()
      .toBuffer();
    const actual = await pictureResizer({ ...picture, pixels })(box, toWidth, toHeight);
    expect(Buffer.from(actual).equals(expected)).toBe(true);
  });
});
