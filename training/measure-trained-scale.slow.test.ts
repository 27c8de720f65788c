import { createHash } from 'node:crypto';
import { drawDemoCells } from '../server/imaging/demo-cells.js';
import type { Preprocessing } from '../server/decision/preprocessing.js';
import { imageKey } from '../server/storage/keys.js';
import { measureTrainedScale } from './measure-trained-scale.js';

const images = new Map<string, Buffer>();
const items: { imageSha256: string }[] = [];
const store = { get: async (key: string) => images.get(key) ?? Buffer.alloc(0) };
const signal = new AbortController().signal;
const preprocessing: Preprocessing = {
  inputSize: 32,
  colour: { kind: 'none' },
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

beforeAll(async () => {
  for await (const { bytes } of drawDemoCells({ count: 60, seed: 3, size: 160 })) {
    const imageSha256 = createHash('sha256').update(bytes).digest('hex');
    images.set(imageKey(imageSha256), bytes);
    items.push({ imageSha256 });
  }
});

it('measures cells as shares of the part of the picture that the network sees', async () => {
  const whole = await measureTrainedScale(store, items, { ...preprocessing, crop: 1 }, signal);
  const half = await measureTrainedScale(store, items, { ...preprocessing, crop: 0.5 }, signal);
  if (!whole || !half) throw new Error('No cells were found.');
  expect(whole.cell[0]).toBeGreaterThan(0.1);
  expect(whole.cell[1]).toBeGreaterThan(1.2 * whole.cell[0]);
  whole.cell.forEach((size, end) => expect((half.cell[end] ?? NaN) / size).toBeCloseTo(2, 2));
});

it('measures cells in the square around them, which is measured with the red cells', async () => {
  const frame = { kind: 'cell' as const, micrometres: 20, diameters: 1.35 };
  const around = await measureTrainedScale(store, items, { ...preprocessing, frame }, signal);
  const wide = { ...frame, micrometres: 40, diameters: 2.7 };
  const further = await measureTrainedScale(store, items, { ...preprocessing, frame: wide }, signal);
  if (!around || !further) throw new Error('No cells were found.');
  around.cell.forEach((size, end) => expect(size / (further.cell[end] ?? NaN)).toBeCloseTo(2, 1));
});

it('gives no range by a few images, and stops when it is asked to', async () => {
  expect(await measureTrainedScale(store, items.slice(0, 19), preprocessing, signal)).toBeNull();
  const stopped = AbortSignal.abort(new Error('Stopped by the test.'));
  await expect(measureTrainedScale(store, items, preprocessing, stopped)).rejects.toThrow(
    'Stopped by the test.',
  );
});
