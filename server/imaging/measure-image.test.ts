import sharp from 'sharp';
import { ImageMeasurements, measureImage } from './measure-image.js';

const plain = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();

test('measures each corner, the border and the whole apart', async () => {
  const patch = async (background: string, left: number, top: number) => ({
    input: await plain(16, 16, background),
    left,
    top,
  });
  const bytes = await sharp(await plain(128, 128, '#808080'))
    .composite([
      await patch('#ff0000', 0, 0),
      await patch('#00ff00', 112, 0),
      await patch('#0000ff', 0, 112),
      await patch('#ffffff', 112, 112),
    ])
    .png()
    .toBuffer();
  const { header, measurements } = await measureImage(bytes);
  expect(header).toEqual({ width: 128, height: 128, mediaType: 'image/png' });
  const near = (colour: number[]) => colour.map((value) => expect.closeTo(value, -1.3)); // ±10
  expect(measurements.corners).toEqual([
    near([255, 0, 0]),
    near([0, 255, 0]),
    near([0, 0, 255]),
    near([255, 255, 255]),
  ]);
  expect(Math.max(...measurements.cornerSpread)).toBeLessThan(30);
  expect(measurements.border).toEqual(near([128, 128, 128]));
  expect(Math.min(...measurements.borderSpread)).toBeGreaterThan(40);
  expect(measurements.colour).toEqual(near([128, 128, 128]));
  expect(measurements.jpeg).toBeNull();
  expect(ImageMeasurements.parse(JSON.parse(JSON.stringify(measurements)))).toEqual(measurements);
});

test('a picture of one colour has no contrast', async () => {
  const { measurements } = await measureImage(await plain(40, 60, '#c080a0'));
  expect(measurements).toMatchObject({ contrast: 0, colour: [192, 128, 160], colourSpread: [0, 0, 0] });
});

test('a cell in the middle changes neither corners nor border', async () => {
  const slide = await plain(64, 64, '#f0e0d0');
  const cell = { input: await plain(32, 32, '#402060'), left: 16, top: 16 };
  const withCell = await measureImage(await sharp(slide).composite([cell]).png().toBuffer());
  const without = await measureImage(slide);
  expect(withCell.measurements.corners).toEqual(without.measurements.corners);
  expect(withCell.measurements.border).toEqual(without.measurements.border);
  expect(withCell.measurements.colour).not.toEqual(without.measurements.colour);
});
