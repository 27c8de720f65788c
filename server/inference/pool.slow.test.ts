import { Worker } from 'node:worker_threads';
import { jest } from '@jest/globals';
import { randomArtifact } from '../artifact/testing.js';
import { drawSmear } from '../imaging/testing.js';
import { UnreadableImageError } from '../image-files/unreadable-image.js';
import { InferenceFailedError, ModelLoadError, OverloadedError, VersionNotLoadedError } from './errors.js';
import { type InferencePool, openInferencePool } from './pool.js';
import { joinShared } from './shared-bytes.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const artifact = randomArtifact({ seed: 1 });
const other = randomArtifact({ seed: 2, inputSize: 32 });

let smear: Buffer;
let pool: InferencePool;

beforeAll(async () => {
  smear = await drawSmear().jpeg().toBuffer();
});

const open = (queueLimit = 1000): InferencePool =>
  (pool = openInferencePool({ threads: 2, queueLimit, log }));
const load = (id = 'one', { manifest, onnx } = artifact) => pool.load(id, manifest, onnx);

describe('infer', () => {
  beforeAll(async () => {
    open();
    await Promise.all([load('one'), load('two', other)]);
  });
  afterAll(() => pool.close());

  it('gives the size, the logit, and evidence whose mean, with the bias, is the logit', async () => {
    const result = await pool.infer('one', smear);

    expect(result.image).toEqual({ width: 240, height: 240, mediaType: 'image/jpeg' });
    expect(result.qualityWarnings).toEqual([]);
    const { weights, bias, grid } = artifact.manifest.evidence;
    expect([result.evidence.height, result.evidence.width]).toEqual(grid);
    const mean =
      result.evidence.values.reduce((sum, value) => sum + value, 0) / result.evidence.values.length;
    expect(bias + mean).toBeCloseTo(result.logit, 5);
    const fromEmbedding = result.embedding.reduce(
      (sum, value, index) => sum + value * (weights[index] ?? NaN),
      bias,
    );
    expect(fromEmbedding).toBeCloseTo(result.logit, 5);
    for (const milliseconds of Object.values(result.timing)) expect(milliseconds).toBeGreaterThanOrEqual(0);
  });

  it('gives one image the same answer alone, in a batch, on either thread, from a view into a larger buffer and from shared memory', async () => {
    const { timing: _, ...alone } = await pool.infer('one', smear);
    const inSharedMemory = joinShared([smear.subarray(0, 99), smear.subarray(99)]);
    const wrapped = Buffer.concat([Buffer.alloc(5), smear, Buffer.alloc(9)]).subarray(5, 5 + smear.length);
    const others = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        pool.infer('one', [smear, wrapped, inSharedMemory][i % 3] ?? smear),
      ),
    );
    for (const { timing: _timing, ...result } of others) {
      expect(result.logit).toBeCloseTo(alone.logit, 5);
      expect({ ...result, logit: 0, embedding: 0, evidence: 0 }).toEqual({
        ...alone,
        logit: 0,
        embedding: 0,
        evidence: 0,
      });
    }
    expect(smear.length).toBeGreaterThan(0); // the caller still has the bytes
  });

  it('answers each of many images with the version that was requested', async () => {
    const smears = await Promise.all(
      [1, 2, 3, 4].map((seed) =>
        drawSmear({ seed, width: 60 + seed })
          .png()
          .toBuffer(),
      ),
    );
    const tasks = smears.flatMap((bytes) => ['one', 'two'].map((id) => ({ id, bytes })));
    const expected: number[] = [];
    for (const { id, bytes } of tasks) expected.push((await pool.infer(id, bytes)).logit);
    expect(new Set(expected).size).toBe(8);

    const results = await Promise.all(
      [...tasks, ...tasks, ...tasks].map(({ id, bytes }) => pool.infer(id, bytes)),
    );
    results.forEach(({ image, logit }, index) => {
      expect(logit).toBeCloseTo(expected[index % 8] ?? NaN, 5);
      expect(image.width).toBe(61 + Math.floor((index % 8) / 2));
    });
  });

  it('refuses an unreadable image and answers the others of its batch', async () => {
    const broken = smear.subarray(0, smear.length / 2);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => pool.infer('one', index % 3 === 1 ? broken : smear)),
    );
    outcomes.forEach((outcome, index) => {
      if (index % 3 !== 1) expect(outcome.status).toBe('fulfilled');
      else expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(UnreadableImageError) });
    });
  });

  it('refuses a version that is not loaded', async () => {
    await expect(pool.infer('three', smear)).rejects.toThrow(VersionNotLoadedError);
  });
});

describe('the queue', () => {
  afterEach(() => pool.close());

  /** A pool with one thread that holds three images, one of them in the network. */
  const openNarrow = async (queueLimit = 1000) => {
    pool = openInferencePool({ threads: 1, queueLimit, maxBatch: 1, log });
    await load();
  };
  const ON_THREAD = 3;

  it('refuses images at once when the queue is full, and answers the others', async () => {
    await openNarrow(5);
    expect(pool.status()).toEqual({ waiting: 0, idle: 1, refused: 0 });
    const answers = Array.from({ length: 40 }, () => pool.infer('one', smear));
    expect(pool.status()).toEqual({ waiting: 5, idle: 0, refused: 40 - 5 - ON_THREAD });
    const outcomes = await Promise.allSettled(answers);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(40 - 5 - ON_THREAD);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(OverloadedError);
    await expect(pool.infer('one', smear)).resolves.toBeDefined();
  });

  it('frees the place of a waiting image at once when its signal aborts', async () => {
    await openNarrow(1);
    const onThread = Array.from({ length: ON_THREAD }, () => pool.infer('one', smear));
    const gone = new AbortController();
    const waiting = pool.infer('one', smear, gone.signal);
    await expect(pool.infer('one', smear)).rejects.toThrow(OverloadedError);

    const reason = new Error('The client has gone.');
    gone.abort(reason);
    const next = pool.infer('one', smear); // in the same tick
    await expect(waiting).rejects.toBe(reason);
    await expect(next).resolves.toBeDefined();
    await expect(Promise.all(onThread)).resolves.toHaveLength(ON_THREAD);
  });

  it('counts a reserved place as waiting until its image is inferred', async () => {
    await openNarrow(1);
    const place = pool.reserve('one');
    expect(() => pool.reserve('one')).toThrow(OverloadedError);
    await expect(pool.infer('one', smear)).rejects.toThrow(OverloadedError);
    const answer = place.infer(smear); // it goes to the thread, so the place is free again
    await expect(pool.infer('one', smear)).resolves.toBeDefined();
    await expect(answer).resolves.toBeDefined();
    expect(pool.status()).toEqual({ waiting: 0, idle: 1, refused: 2 });
  });

  it('keeps a version with a reserved place until that image is answered', async () => {
    await openNarrow();
    const place = pool.reserve('one');
    let isUnloaded = false;
    const unloading = pool.unload('one').then(() => (isUnloaded = true));
    expect(() => pool.reserve('one')).toThrow(VersionNotLoadedError);
    await expect(place.infer(smear)).resolves.toBeDefined();
    expect(isUnloaded).toBe(false); // the threads have yet to release it
    await unloading;
  });

  it('gives a reserved place back when the signal aborts before the image is inferred', async () => {
    await openNarrow(1);
    const leaving = new AbortController();
    const place = pool.reserve('one', leaving.signal);
    const reason = new Error('The client has disconnected.');
    leaving.abort(reason);
    await expect(place.infer(smear)).rejects.toBe(reason);
    await expect(pool.infer('one', smear)).resolves.toBeDefined();
    await pool.unload('one'); // waits for nothing
  });

  it('finishes an image on a thread after its signal has aborted, before the version is unloaded', async () => {
    await openNarrow();
    const gone = new AbortController();
    const onThread = pool.infer('one', smear, gone.signal);
    gone.abort();
    let unloaded = false;
    const unloading = pool.unload('one').then(() => (unloaded = true));
    await expect(onThread).rejects.toMatchObject({ name: 'AbortError' });
    expect(unloaded).toBe(false); // the thread is still processing it
    await unloading;
    await load();
    await expect(pool.infer('one', smear)).resolves.toBeDefined();
  });

  it('refuses an image whose signal has already aborted', async () => {
    await openNarrow();
    const calls = jest.spyOn(Worker.prototype, 'postMessage');
    const reason = new Error('The client has gone.');
    await expect(pool.infer('one', smear, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(calls).not.toHaveBeenCalled();
    calls.mockRestore();
  });

  it('stops waiting at a deadline', async () => {
    await openNarrow();
    const many = Array.from({ length: 60 }, () => pool.infer('one', smear));
    await expect(pool.infer('one', smear, AbortSignal.timeout(0))).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await expect(Promise.all(many)).resolves.toHaveLength(60);
  });

  it('does not delay one version because of many images of another', async () => {
    await openNarrow();
    await load('two', other);
    const order: string[] = [];
    const ask = (id: string) => pool.infer(id, smear).then(() => order.push(id));
    await Promise.all([...Array.from({ length: 40 }, () => ask('one')), ask('two'), ask('two')]);
    // Three images of 'one' were already on the thread. Then the versions alternate, and neighbours may finish in either order.
    expect(order.lastIndexOf('two')).toBeLessThan(12);
  });

  it('removes its listener from the signal of an answered image', async () => {
    await openNarrow();
    const { signal } = new AbortController();
    const [added, removed] = [
      jest.spyOn(signal, 'addEventListener'),
      jest.spyOn(signal, 'removeEventListener'),
    ];
    await pool.infer('one', smear, signal);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
  });
});

describe('a batch', () => {
  afterEach(() => pool.close());

  it('waits for the batch delay to fill up, and no longer', async () => {
    pool = openInferencePool({ threads: 1, queueLimit: 1000, maxBatch: 4, batchDelayMs: 60_000, log });
    await load();
    await expect(
      Promise.all(Array.from({ length: 8 }, () => pool.infer('one', smear))),
    ).resolves.toHaveLength(8); // two full batches
    await pool.close();

    pool = openInferencePool({ threads: 1, queueLimit: 1000, maxBatch: 4, batchDelayMs: 5, log });
    await load();
    const { timing } = await pool.infer('one', smear); // no other image joins it
    expect(timing.queueMs).toBeGreaterThanOrEqual(5);
  });
});

describe('load and unload', () => {
  afterEach(() => pool.close());

  it('lists a version only once every thread has loaded it', async () => {
    open();
    const loading = load();
    expect(pool.loaded()).toEqual([]);
    await expect(pool.infer('one', smear)).rejects.toThrow(VersionNotLoadedError);
    await loading;
    expect(pool.loaded()).toEqual(['one']);
  });

  it('loads a version once, even if it is requested twice', async () => {
    open();
    await Promise.all([load(), load()]);
    await load();
    expect(pool.loaded()).toEqual(['one']);
  });

  it('answers the accepted images before it unloads, and refuses later ones', async () => {
    open();
    await load();
    const accepted = Promise.all(Array.from({ length: 20 }, () => pool.infer('one', smear)));
    const unloading = pool.unload('one');
    const loadedAgain = load(); // waits for the unloading
    await expect(accepted).resolves.toHaveLength(20);
    await unloading;
    await loadedAgain;
    await pool.unload('one');
    expect(pool.loaded()).toEqual([]);
    await expect(pool.infer('one', smear)).rejects.toThrow(VersionNotLoadedError);
    await pool.unload('never loaded');
  });

  it('refuses images as soon as unload is called', async () => {
    open();
    await load();
    const unloading = pool.unload('one');
    await expect(pool.infer('one', smear)).rejects.toThrow(VersionNotLoadedError);
    await unloading;
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    [
      'bytes that are not a network',
      () => pool.load('bad', artifact.manifest, new Uint8Array(100)),
      /ONNX Runtime rejects/,
    ],
    [
      'a manifest with a different network size',
      () => pool.load('bad', other.manifest, artifact.onnx),
      /ONNX Runtime rejects|requires \[/,
    ],
    [
      'evidence weights of a different network',
      () =>
        pool.load(
          'bad',
          { ...artifact.manifest, evidence: randomArtifact({ seed: 3 }).manifest.evidence },
          artifact.onnx,
        ),
      /evidence weights in the manifest do not match the network/,
    ],
  ])('refuses %s, and keeps its loaded versions', async (_what, loadBad, message) => {
    open();
    await load();
    await expect(loadBad()).rejects.toThrow(ModelLoadError);
    await expect(loadBad()).rejects.toThrow(message);
    expect(pool.loaded()).toEqual(['one']);
    await expect(pool.infer('one', smear)).resolves.toBeDefined();
  });
});

describe('a thread that dies', () => {
  afterEach(() => pool.close());

  it('fails only the images it was processing, and is replaced by a thread with the same versions', async () => {
    const calls = jest.spyOn(Worker.prototype, 'postMessage');
    open();
    await load();
    const threads = new Set(calls.mock.contexts as Worker[]);
    calls.mockRestore();
    expect(threads.size).toBe(2);

    const tasks = Array.from({ length: 30 }, () => pool.infer('one', smear));
    const [first] = threads;
    await first?.terminate();
    const outcomes = await Promise.allSettled(tasks);
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThanOrEqual(4); // a running batch and two decoded images
    for (const { reason } of failed) expect(reason).toBeInstanceOf(InferenceFailedError);

    for (const thread of threads) await thread.terminate(); // the other thread too, so that only new threads can answer
    await expect(
      Promise.all(Array.from({ length: 8 }, () => pool.infer('one', smear))),
    ).resolves.toHaveLength(8);
    await pool.unload('one');
    await load('two', other);
    await expect(pool.infer('two', smear)).resolves.toBeDefined();
  });
});

describe('close', () => {
  it('answers the accepted images and refuses later ones', async () => {
    open();
    await load();
    const accepted = Promise.all(Array.from({ length: 20 }, () => pool.infer('one', smear)));
    const closed = pool.close();
    await expect(pool.infer('one', smear)).rejects.toThrow(InferenceFailedError);
    await expect(load('two', other)).rejects.toThrow(InferenceFailedError);
    await expect(accepted).resolves.toHaveLength(20);
    await closed;
    expect(pool.loaded()).toEqual([]);
    await pool.close();
  });

  it('may be called before the threads have started, or while a version loads', async () => {
    open();
    await pool.close();
    open();
    const loading = load().catch((error: unknown) => error);
    await pool.close();
    await loading;
  });
});
