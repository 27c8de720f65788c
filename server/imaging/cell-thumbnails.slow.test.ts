import sharp from 'sharp';
import { DrawnSmear } from '../pixels/testing.js';
import { cellThumbnails } from './cell-thumbnails.js';

const SLIDE = [245, 232, 215];
/** A white cell near the left border, without red cells. */
const picture = new DrawnSmear(200, 100).whiteCell(30, 50, 40);
const bytes = await sharp(picture.pixels(), { raw: { width: 200, height: 100, channels: 3 } })
  .png()
  .toBuffer();

async function colourAt(jpeg: Buffer | undefined, left: number, top: number): Promise<number[]> {
  return [...(await sharp(jpeg).extract({ left, top, width: 1, height: 1 }).raw().toBuffer())];
}

const isSlide = (colour: number[]) =>
  colour.every((value, channel) => Math.abs(value - (SLIDE[channel] ?? 0)) < 8);

test('the slide surrounds a picture, where a mirror would show a second cell', async () => {
  const [image] = await cellThumbnails(bytes, [{ left: -50, top: -30, width: 160, height: 160 }], 160);
  expect(await sharp(image).metadata()).toMatchObject({ width: 160, height: 160 });
  expect(isSlide(await colourAt(image, 80, 80))).toBe(false); // the nucleus
  expect(isSlide(await colourAt(image, 20, 80))).toBe(true); // a mirror at the left border would show the nucleus here
});

test('an image is reduced to the size, never enlarged, and takes no memory for what is beyond the picture', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const frames = [
    { left: 10, top: 30, width: 40, height: 40 },
    { left: -30_000, top: -30_000, width: 60_000, height: 60_000 },
  ];
  const [small, loose] = await cellThumbnails(bytes, frames, 64);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
  expect(await sharp(small).metadata()).toMatchObject({ width: 40, height: 40 });
  expect(await sharp(loose).metadata()).toMatchObject({ width: 64, height: 64 });
  expect(isSlide(await colourAt(loose, 2, 2))).toBe(true);
});
