import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ModelLoadError } from './errors.js';
import type { NetworkManifest } from './messages.js';
import { checkEvidence, type Network, outputReader, RUNS_AT_ONCE, sampleImages } from './network.js';

/**
 * Opens a network in ONNX Runtime on the calling thread, which every run blocks. One run warms it up and checks it against its
 * manifest: the outputs must have the stated sizes, and `logit = bias + mean(evidence)`. Throws ModelLoadError.
 */
export async function openLocalNetwork(
  manifest: NetworkManifest,
  onnx: Uint8Array,
  maxBatch: number,
): Promise<Network> {
  const network = await open(manifest, onnx);
  try {
    checkEvidence(manifest, await network.run(sampleImages(manifest, maxBatch), maxBatch));
    return network;
  } catch (error) {
    await network.release();
    throw asLoadError(error);
  }
}

async function open(manifest: NetworkManifest, onnx: Uint8Array): Promise<Network> {
  const size = manifest.preprocessing.inputSize;
  const session = await InferenceSession.create(onnx, {
    intraOpNumThreads: 1, // the pool has one thread for each core
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  }).catch((error: unknown) => {
    throw asLoadError(error);
  });

  const read = outputReader(manifest);
  return {
    runsAtOnce: RUNS_AT_ONCE.onThread,
    async run(images, count) {
      const image = new Tensor('float32', images.subarray(0, count * size * size * 3), [
        count,
        size,
        size,
        3,
      ]);
      const outputs = await session.run({ image });
      return read(count, (name) => {
        const tensor = outputs[name];
        return tensor instanceof Tensor && tensor.data instanceof Float32Array
          ? { shape: tensor.dims, values: tensor.data }
          : undefined;
      });
    },
    release: () => session.release(),
  };
}

function asLoadError(error: unknown): ModelLoadError {
  if (error instanceof ModelLoadError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ModelLoadError(`ONNX Runtime rejects the network: ${reason}`, { cause: error });
}
