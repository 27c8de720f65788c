import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { monotonicMs } from './clock.js';

/** The task of a thread of the raw loop. */
export interface RawOrder {
  onnx: Uint8Array;
  images: readonly Uint8Array[];
  inputSize: number;
  mean: readonly number[];
  std: readonly number[];
  /** Images in one run of the network. */
  batch: number;
  /** Threads of ONNX Runtime. */
  intraOpThreads: number;
  /** Index of the image with which this thread starts. */
  offset: number;
}

/** On the clock of `monotonicMs`. */
export interface RawWindow {
  from: number;
  until: number;
}

// The thread sends 'ready', receives a time window, and answers with the number of images that it finished in it.
const { onnx, images, inputSize, mean, std, batch, intraOpThreads, offset } = workerData as RawOrder;
const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');

sharp.concurrency(1);
sharp.cache(false);
const session = await InferenceSession.create(onnx, {
  intraOpNumThreads: intraOpThreads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
});
const perImage = inputSize * inputSize * 3;
const input = new Float32Array(batch * perImage);
const levels = [0, 1, 2].map((channel) =>
  Float32Array.from(
    { length: 256 },
    (_, value) => (value / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1),
  ),
);
const [red, green, blue] = levels as [Float32Array, Float32Array, Float32Array];
let next = offset;

await infer(await decodeBatch());
port.once('message', (window: RawWindow) => void measure(window));
port.postMessage('ready');

/** The next batch is decoded (on libuv's threads) while the network works on this one. */
async function measure({ from, until }: RawWindow): Promise<void> {
  let finished = 0;
  let decoding = decodeBatch();
  for (;;) {
    const pixels = await decoding;
    decoding = decodeBatch();
    await infer(pixels);
    const now = monotonicMs();
    if (now > until) break;
    if (now > from) finished += batch;
  }
  await decoding;
  port?.postMessage(finished);
}

function decodeBatch(): Promise<Buffer[]> {
  return Promise.all(
    Array.from({ length: batch }, () =>
      sharp(images[next++ % images.length])
        .resize(inputSize, inputSize, { fit: 'fill' })
        .removeAlpha()
        .raw()
        .toBuffer(),
    ),
  );
}

async function infer(decoded: readonly Buffer[]): Promise<void> {
  let at = 0;
  for (const pixels of decoded) {
    for (let index = 0; index < perImage; index += 3) {
      input[at++] = red[pixels[index] ?? 0] ?? 0;
      input[at++] = green[pixels[index + 1] ?? 0] ?? 0;
      input[at++] = blue[pixels[index + 2] ?? 0] ?? 0;
    }
  }
  const image = new Tensor('float32', input, [batch, inputSize, inputSize, 3]);
  await session.run({ image }, ['logits']);
}
