import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, stat, truncate, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';
import { prepareImage } from '../../server/imaging/prepare-image.js';
import type { Preprocessing } from '../../server/decision/preprocessing.js';
import { imageKey } from '../../server/storage/keys.js';
import type { ObjectStore } from '../../server/storage/object-store.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { TrainingDataError } from '../training-data-error.js';
import { type CacheItem, openPixelCache } from './pixel-cache.js';

const preprocessing: Preprocessing = {
  inputSize: 32,
  colour: { kind: 'white-balance', percentile: 95, target: 240 },
  mean: [0.5, 0.5, 0.5],
  std: [0.2, 0.2, 0.2],
};
const noProgress = async () => {};

describe('openPixelCache', () => {
  let folder: string;
  let store: ObjectStore;
  const items: CacheItem[] = [];
  const bytes: Buffer[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cytograph-cache-'));
    store = openObjectStore(`file:${join(folder, 'objects')}`, {
      endpoint: null,
      region: 'us-east-1',
      credentials: null,
    });
    for await (const cell of drawDemoCells({ count: 100, seed: 1, size: 48 })) {
      const imageSha256 = createHash('sha256').update(cell.bytes).digest('hex');
      await store.put(imageKey(imageSha256), cell.bytes);
      items.push({ key: cell.key, imageSha256 });
      bytes.push(cell.bytes);
    }
  });

  afterAll(async () => {
    store.close();
    await rm(folder, { recursive: true });
  });

  const open = (
    name: string,
    source: Partial<{ store: ObjectStore; items: CacheItem[] }> = {},
    signal?: AbortSignal,
  ) =>
    openPixelCache(
      join(folder, name),
      { store, snapshotDigest: 'd1', items, preprocessing, ...source },
      noProgress,
      signal ?? new AbortController().signal,
    );

  async function expectTheImages(cache: Awaited<ReturnType<typeof open>>) {
    const out = new Uint8Array(cache.imageBytes);
    for (const index of [0, 63, 64, 99]) {
      cache.read(index, out);
      const { pixels } = await prepareImage(bytes[index] ?? Buffer.alloc(0), preprocessing);
      expect(Buffer.compare(out, pixels)).toBe(0);
    }
    await cache.close();
  }

  /** The store, counting what is read from it. */
  function counting(): ObjectStore & { reads: number } {
    const counted = Object.create(store) as ObjectStore & { reads: number };
    counted.reads = 0;
    counted.get = (key) => {
      counted.reads++;
      return store.get(key);
    };
    return counted;
  }

  it('stores the same pixels as serving computes, and decodes each image once', async () => {
    await expectTheImages(await open('once'));
    const again = counting();
    await expectTheImages(await open('once', { store: again }));
    expect(again.reads).toBe(0);
  });

  it('sets the modification time when it is opened', async () => {
    await (await open('touched')).close();
    const [file = ''] = await readdir(join(folder, 'touched'));
    const path = join(folder, 'touched', file);
    await utimes(path, new Date(0), new Date(0));
    await (await open('touched')).close();
    expect((await stat(path)).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  });

  it('continues where a crashed process stopped', async () => {
    await (await open('resumed')).close();
    const [file] = await readdir(join(folder, 'resumed'));
    const path = join(folder, 'resumed', file ?? '');
    await rename(path, `${path}.partial`);
    await truncate(`${path}.partial`, 70 * 32 * 32 * 3 + 5); // in the middle of an image
    const rest = counting();
    await expectTheImages(await open('resumed', { store: rest }));
    expect(rest.reads).toBe(36);
  });

  it('may be filled by several processes at once', async () => {
    for (const cache of await Promise.all([open('shared'), open('shared'), open('shared')])) {
      await expectTheImages(cache);
    }
  });

  it('uses a separate file for other preprocessing or images', async () => {
    await (await open('keyed')).close();
    const other = await openPixelCache(
      join(folder, 'keyed'),
      { store, snapshotDigest: 'd1', items, preprocessing: { ...preprocessing, colour: { kind: 'none' } } },
      noProgress,
      new AbortController().signal,
    );
    await other.close();
    const cropped = await openPixelCache(
      join(folder, 'keyed'),
      { store, snapshotDigest: 'd1', items, preprocessing: { ...preprocessing, crop: 0.75 } },
      noProgress,
      new AbortController().signal,
    );
    await cropped.close();
    expect(await readdir(join(folder, 'keyed'))).toHaveLength(3);
  });

  it('names the image that cannot be read, and leaves no cache that looks complete', async () => {
    const broken = createHash('sha256').update('no image').digest('hex');
    await store.put(imageKey(broken), Buffer.from('no image'));
    const withBroken = [...items, { key: 'blast/broken.jpg', imageSha256: broken }];
    await expect(open('broken', { items: withBroken })).rejects.toThrow(TrainingDataError);
    await expect(open('broken', { items: withBroken })).rejects.toThrow(/'blast\/broken.jpg' cannot be read/);
    expect((await readdir(join(folder, 'broken'))).every((file) => file.endsWith('.partial'))).toBe(true);
  });

  it('stops when its signal aborts', async () => {
    await expect(open('stopped', {}, AbortSignal.abort(new Error('stop now')))).rejects.toThrow('stop now');
  });
});
