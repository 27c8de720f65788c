import sharp from 'sharp';
import { decodeEvidence, encodeEvidence } from './evidence-map.js';
import { renderEvidenceMap } from './render-evidence-map.js';

const map = { height: 2, width: 3, values: Float32Array.of(0, 1.5, -2.25, 0.1, 4, -8) };

test('an evidence map survives its bytes, wherever in memory they lie', () => {
  const bytes = encodeEvidence(map);
  expect(bytes).toHaveLength(4 + 6 * 4);
  expect(decodeEvidence(bytes)).toEqual(map);
  expect(decodeEvidence(Buffer.concat([Buffer.alloc(3), bytes]).subarray(3))).toEqual(map);
});

test('bytes and maps whose size and length disagree are refused', () => {
  expect(() => decodeEvidence(encodeEvidence(map).subarray(0, -4))).toThrow(/not an evidence map of 2 × 3/);
  expect(() => decodeEvidence(new Uint8Array(3))).toThrow(RangeError);
  expect(() => encodeEvidence({ ...map, width: 2 })).toThrow(/cannot hold 6 values/);
});

describe('renderEvidenceMap', () => {
  const pixel = async (values: number[], x: number, y: number, crop = 1) => {
    const evidence = { height: 2, width: 2, values: Float32Array.from(values) };
    const png = await renderEvidenceMap(evidence, 80, 40, crop);
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 80, height: 40, channels: 4 });
    return [...data.subarray(4 * (y * 80 + x), 4 * (y * 80 + x) + 4)];
  };

  it('lays vermillion over what speaks for, blue over what speaks against, nothing over the rest', async () => {
    const values = [4, 0, 0, -2];
    const difference = (colour: number[], wanted: number[]) =>
      Math.max(...wanted.map((value, channel) => Math.abs(value - (colour[channel] ?? NaN))));
    expect(difference(await pixel(values, 2, 2), [213, 94, 0, 200])).toBeLessThanOrEqual(4);
    expect(difference(await pixel(values, 77, 37), [0, 114, 178, 100])).toBeLessThanOrEqual(4);
    expect((await pixel(values, 77, 2))[3]).toBe(0);
  });

  it('lies where the network looked, and is transparent around it', async () => {
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

  it('shows a map of zeros as nothing', async () => {
    expect((await pixel([0, 0, 0, 0], 40, 20))[3]).toBe(0);
  });
});
