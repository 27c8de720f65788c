import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Preprocessing } from '../../server/decision/preprocessing.js';
import type { Augmentation } from './augment.js';
import type { Batch, BatchSource } from './batches.js';

/** The number of batches that are ready or being prepared while the network works on one. */
const AHEAD = 3;

/** What the thread that prepares batches works on. */
export interface BatchWork {
  path: string;
  imageBytes: number;
  preprocessing: Preprocessing;
  batchSize: number;
  channel: BatchSource['channel'];
  /** Of the items to train on. */
  indices: readonly number[];
  augmentation: Augmentation | null;
  seed: number;
  /** The first and the last epoch; counted from 1. */
  epochs: readonly [number, number];
}

/**
 * The `trainingBatches` of all `epochs`, prepared by another thread while the caller works on the previous batch. A batch's
 * array belongs to the caller until it requests the next batch; then the thread writes to it again. The thread ends with
 * the iteration, and its errors are thrown here.
 */
export async function* batchesAhead(
  { cache, preprocessing, batchSize, channel }: BatchSource,
  work: Pick<BatchWork, 'indices' | 'augmentation' | 'seed' | 'epochs'>,
): AsyncGenerator<Batch, void, void> {
  const { path, imageBytes } = cache;
  const workerData: BatchWork = { ...work, path, imageBytes, preprocessing, batchSize, channel };
  const worker = new Worker(new URL('./batches-thread.js', import.meta.url), { name: 'batches', workerData });
  // Each array sent to the thread requests a batch.
  const ask = (room: ArrayBufferLike) => worker.postMessage(room, [room as ArrayBuffer]);
  try {
    const messages = on(worker, 'message', { close: ['exit'] }) as AsyncIterable<[Batch]>;
    for (let count = 0; count < AHEAD; count++) ask(new ArrayBuffer(batchSize * imageBytes * 4));
    for await (const [batch] of messages) {
      yield batch;
      ask(batch.images.buffer);
    }
  } finally {
    await worker.terminate();
  }
}
