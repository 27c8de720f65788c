// The thread that prepares training batches, started by batches-ahead.ts. It writes the next batch to each array that it
// receives, and sends the array back.
import { parentPort, workerData } from 'node:worker_threads';
import { type Batch, trainingBatches } from './batches.js';
import type { BatchWork } from './batches-ahead.js';
import { openPixelFile } from './pixel-file.js';

const { path, imageBytes, preprocessing, batchSize, channel, indices, augmentation, seed, epochs } =
  workerData as BatchWork;
const cache = await openPixelFile(path, imageBytes);
let room = new Float32Array(0);
const batches = allBatches();

parentPort?.on('message', (array: ArrayBuffer) => {
  room = new Float32Array(array);
  const next = batches.next();
  if (next.done) parentPort?.close();
  else parentPort?.postMessage(next.value, [next.value.images.buffer as ArrayBuffer]);
});

function* allBatches(): Generator<Batch> {
  const [first, last] = epochs;
  const source = { cache, preprocessing, batchSize, channel };
  for (let epoch = first; epoch <= last; epoch++) {
    yield* trainingBatches(source, indices, augmentation, seed, epoch, () => room);
  }
}
