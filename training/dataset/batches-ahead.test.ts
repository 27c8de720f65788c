import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Preprocessing } from '../../server/decision/preprocessing.js';
import { augmentationFor } from '../recipe/recipe.js';
import { type BatchSource, trainingBatches } from './batches.js';
import { batchesAhead } from './batches-ahead.js';
import { openPixelFile, type PixelCache } from './pixel-file.js';

const AUGMENTATION = augmentationFor({ augmentation: true });

const SIZE = 16;
const ITEMS = 20;
const preprocessing: Preprocessing = {
  inputSize: SIZE,
  colour: { kind: 'none' },
  mean: [0.5, 0.5, 0.5],
  std: [0.2, 0.2, 0.2],
};
const indices = Array.from({ length: ITEMS }, (_, index) => index).filter((index) => index !== 3);

describe('batchesAhead', () => {
  let folder: string;
  let cache: PixelCache;
  let source: BatchSource;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cytograph-batches-'));
    const path = join(folder, 'pixels');
    const imageBytes = SIZE * SIZE * 3;
    await writeFile(
      path,
      Uint8Array.from({ length: ITEMS * imageBytes }, (_, index) => (index * 37 + index / 999) % 256),
    );
    cache = await openPixelFile(path, imageBytes);
    source = { cache, preprocessing, batchSize: 4 };
  });
  afterAll(async () => {
    await cache.close();
    await rm(folder, { recursive: true });
  });

  const work = (first: number, last: number) => ({
    indices,
    augmentation: AUGMENTATION,
    seed: 7,
    epochs: [first, last] as const,
  });

  async function all(first: number, last: number): Promise<{ indices: number[]; images: number[] }[]> {
    const batches = [];
    for await (const batch of batchesAhead(source, work(first, last))) {
      batches.push({ indices: [...batch.indices], images: [...batch.images] }); // the array is written to again
    }
    return batches;
  }

  it('gives all batches of all epochs in order, equal to batches made in this thread', async () => {
    const expected = [2, 3].flatMap((epoch) =>
      [
        ...trainingBatches(
          source,
          indices,
          AUGMENTATION,
          7,
          epoch,
          () => new Float32Array(4 * cache.imageBytes),
        ),
      ].map((batch) => ({ indices: [...batch.indices], images: [...batch.images] })),
    );
    expect(expected).toHaveLength(10);
    expect(expected[4]?.indices).toHaveLength(3);
    expect(await all(2, 3)).toEqual(expected);
    expect((await all(3, 3))[0]).toEqual(expected[5]); // an epoch's batches do not depend on where one begins
  });

  it('ends when its reader stops', async () => {
    for await (const batch of batchesAhead(source, work(1, 1000))) {
      if (batch.indices.length > 0) break;
    }
    // Jest would not end if the thread did not.
  });

  it('throws the errors of the thread', async () => {
    const gone = { ...source, cache: { ...cache, path: join(folder, 'nothing') } };
    await expect(batchesAhead(gone, work(1, 1)).next()).rejects.toThrow(/ENOENT/);
    const beyond = batchesAhead(source, { ...work(1, 1), indices: [0, ITEMS] });
    await expect(beyond.next()).rejects.toThrow(/ends before image 20/);
  });

  it('gives a network that sees only red the same value in all three channels, of the variants that others see', async () => {
    const valuesOf = async (of: BatchSource) => {
      const batches: number[] = [];
      for await (const { images } of batchesAhead(of, work(1, 1))) batches.push(...images);
      return batches;
    };
    const [all, red] = [await valuesOf(source), await valuesOf({ ...source, channel: 'red' })];
    expect(new Set(all.filter((_, index) => index % 3 === 0)).size).toBeGreaterThan(50);
    expect(red).toEqual(all.map((_, index) => all[index - (index % 3)]));
  });
});
