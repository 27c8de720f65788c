import { parentPort } from 'node:worker_threads';
import { normalise, prepareImage } from '../imaging/prepare-image.js';
import type { Preprocessing } from '../imaging/preprocessing.js';
import { UnreadableImageError } from '../imaging/unreadable-image.js';
import type { Outcome, Reply, Request } from './messages.js';
import { type Network, type NetworkOutput, openNetwork } from './network.js';

/** One inference thread: holds its own copy of every loaded network, and turns bytes into results. */
const versions = new Map<string, { network: Network; preprocessing: Preprocessing }>();

const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');
let work: Promise<void> = Promise.resolve(); // requests are answered one after the other, in order
port.on('message', ({ id, request }: { id: number; request: Request }) => {
  work = work.then(() => answer(id, request));
});

async function answer(id: number, request: Request): Promise<void> {
  let reply: Reply;
  try {
    const outcomes = await carryOut(request);
    reply = outcomes ? { id, outcomes } : { id };
  } catch (error) {
    reply = { id, error: error instanceof Error ? error.message : String(error) };
  }
  port?.postMessage(reply, 'outcomes' in reply ? transferable(reply.outcomes ?? []) : []);
  if (request.kind === 'close') port?.close(); // nothing else keeps the thread alive
}

async function carryOut(request: Request): Promise<Outcome[] | undefined> {
  switch (request.kind) {
    case 'start':
      return undefined;
    case 'load': {
      const { versionId, manifest, onnx } = request;
      if (versions.has(versionId)) return undefined;
      const network = await openNetwork(manifest, onnx);
      versions.set(versionId, { network, preprocessing: manifest.preprocessing });
      return undefined;
    }
    case 'unload': {
      const version = versions.get(request.versionId);
      versions.delete(request.versionId);
      await version?.network.release();
      return undefined;
    }
    case 'infer':
      return infer(request.versionId, request.images);
    case 'close':
      for (const { network } of versions.values()) await network.release();
      versions.clear();
      return undefined;
  }
}

async function infer(versionId: string, images: readonly Uint8Array[]): Promise<Outcome[]> {
  const version = versions.get(versionId);
  if (!version) throw new Error(`Version ${versionId} is not on this thread.`);
  const { network, preprocessing } = version;

  const prepared = await Promise.all(images.map((bytes) => prepare(bytes, preprocessing)));
  const readable = prepared.filter((image): image is Prepared => !(image instanceof UnreadableImageError));
  readable.forEach(({ pixels }, index) =>
    normalise(
      pixels,
      preprocessing,
      network.input.subarray(index * pixels.length, (index + 1) * pixels.length),
    ),
  );
  const start = performance.now();
  const outputs = readable.length > 0 ? await network.run(readable.length) : [];
  const inferenceMs = (performance.now() - start) / readable.length;

  const results = readable.map((image, index) => resultOf(image, outputs[index], inferenceMs));
  return prepared.map((image) =>
    image instanceof UnreadableImageError ? { unreadable: image.message } : (results.shift() ?? never()),
  );
}

type Prepared = Awaited<ReturnType<typeof prepareImage>> & { decodeMs: number };

async function prepare(
  bytes: Uint8Array,
  preprocessing: Preprocessing,
): Promise<Prepared | UnreadableImageError> {
  const start = performance.now();
  try {
    const image = await prepareImage(bytes, preprocessing);
    return { ...image, decodeMs: performance.now() - start };
  } catch (error) {
    if (error instanceof UnreadableImageError) return error;
    throw error;
  }
}

function resultOf(image: Prepared, output: NetworkOutput | undefined, inferenceMs: number): Outcome {
  if (!output) return never();
  const { width, height, mediaType, qualityWarnings, decodeMs } = image;
  return {
    result: {
      image: { width, height, mediaType },
      qualityWarnings,
      ...output,
      timing: { decodeMs, inferenceMs },
    },
  };
}

function transferable(outcomes: readonly Outcome[]): ArrayBuffer[] {
  return outcomes.flatMap((outcome) =>
    'result' in outcome
      ? [outcome.result.embedding.buffer as ArrayBuffer, outcome.result.evidence.values.buffer as ArrayBuffer]
      : [],
  );
}

function never(): never {
  throw new Error('The network gave fewer outputs than it got images.');
}
