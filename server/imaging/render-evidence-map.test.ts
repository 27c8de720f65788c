import sharp from 'sharp';
import { type CropBox, cropBox } from '../pixels/crop-box.js';
import { renderEvidenceMap } from './render-evidence-map.js';

describe('renderEvidenceMap', () => {
  const pixel = async (values: number[], x: number, y: number, crop = 1, frame?: CropBox) => {
    const evidence = { height: 2, width: 2, values: Float32Array.from(values) };
    const png = await renderEvidenceMap(evidence, 80, 40, frame ?? cropBox(80, 40, crop));
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 80, height: 40, channels: 4 });
    return [...data.subarray(4 * (y * 80 + x), 4 * (y * 80 + x) + 4)];
  };

  it('shows evidence for in vermillion, evidence against in blue, and nothing elsewhere', async () => {
    const values = [4, 0, 0, -2];
    const difference = (colour: number[], wanted: number[]) =>
      Math.max(...wanted.map((value, channel) => Math.abs(value - (colour[channel] ?? NaN))));
    expect(difference(await pixel(values, 2, 2), [213, 94, 0, 200])).toBeLessThanOrEqual(4);
    expect(difference(await pixel(values, 77, 37), [0, 114, 178, 100])).toBeLessThanOrEqual(4);
    expect((await pixel(values, 77, 2))[3]).toBe(0);
  });

  it('covers the part that the network saw, and is transparent around it', async () => {
    expect((await pixel([1, 1, 1, 1], 21, 11, 0.5))[3]).toBe(200);
    expect((await pixel([1, 1, 1, 1], 58, 28, 0.5))[3]).toBe(200);
    for (const [x, y] of [
      [18, 20],
      [61, 20],
      [40, 8],
      [40, 31],
    ] as const) {
      expect((await pixel([1, 1, 1, 1], x, y, 0.5))[3]).toBe(0);
    }
  });

  it('shows the part of a square that lies in the image', async () => {
    const frame = { left: 60, top: -20, width: 40, height: 40 };
    const opacity = async (x: number, y: number) => (await pixel([1, 1, 0, 1], x, y, 1, frame))[3];
    expect(await opacity(61, 1)).toBeGreaterThan(80); // between the upper and the lower left of the map
    expect(await opacity(61, 18)).toBeLessThan(20); // the lower left
    expect(await opacity(78, 18)).toBeGreaterThan(60);
    expect(await opacity(58, 1)).toBe(0);
    expect(await opacity(70, 21)).toBe(0);
    const beyond = { left: -20, top: 10, width: 40, height: 20 };
    expect((await pixel([1, 0, 1, 0], 2, 20, 1, beyond))[3]).toBeLessThan(120); // right of the middle of the map
    expect((await pixel([1, 0, 1, 0], 21, 20, 1, beyond))[3]).toBe(0);
  });

  it('is transparent for a map of zeros', async () => {
    expect((await pixel([0, 0, 0, 0], 40, 20))[3]).toBe(0);
  });

  it('has the proportions of a large image, and at most 2,048 pixels on its longest side', async () => {
    const evidence = { width: 1, height: 1, values: Float32Array.of(1) };
    const png = await renderEvidenceMap(evidence, 10_000, 5_001);
    expect(await sharp(png).metadata()).toMatchObject({ width: 2048, height: 1024 });
    const thin = await renderEvidenceMap(evidence, 10_000, 1);
    expect(await sharp(thin).metadata()).toMatchObject({ width: 2048, height: 1 });
  });
});
