import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Manifest } from '../artifact/manifest.js';
import type { EvidenceMap } from '../imaging/evidence-map.js';
import { ModelLoadError } from './errors.js';

/** Images in one run at most. More gain nothing on a CPU, and the first of them would wait for the last. */
export const MAX_BATCH = 4;

/** Float32 sums in another order differ by this much of the sum's largest part. */
const ROUNDING = 1e-4;

export interface NetworkOutput {
  readonly logit: number;
  /** `[D]`. */
  readonly embedding: Float32Array<ArrayBuffer>;
  readonly evidence: EvidenceMap & { readonly values: Float32Array<ArrayBuffer> };
}

/** A version's network in ONNX Runtime, on the calling thread alone. */
export interface Network {
  /** The next `run`'s input, `[MAX_BATCH, S, S, 3]`: fill its first images. */
  readonly input: Float32Array;
  /** Runs the first `count` images of `input`; blocks the thread. */
  run(count: number): Promise<NetworkOutput[]>;
  release(): Promise<void>;
}

/**
 * Opens a network, runs it once (which also warms it), and holds it to its manifest: the embedding and the grid have the
 * stated size, and `logit = bias + mean(evidence)`, so that the evidence map tells the truth. Throws ModelLoadError.
 */
export async function openNetwork(
  manifest: Pick<Manifest, 'preprocessing' | 'evidence'>,
  onnx: Uint8Array,
): Promise<Network> {
  const network = await open(manifest, onnx);
  try {
    // any image will do, but one that leaves every feature at 0 would show no disagreement
    network.input.forEach(
      (_, index) => (network.input[index] = Math.sin(index * 0.7) + Math.sin(index * 0.013)),
    );
    for (const { logit, evidence } of await network.run(MAX_BATCH)) checkEvidence(manifest, logit, evidence);
    await network.run(1);
    return network;
  } catch (error) {
    await network.release();
    throw asLoadError(error);
  }
}

async function open(
  { preprocessing, evidence }: Pick<Manifest, 'preprocessing' | 'evidence'>,
  onnx: Uint8Array,
): Promise<Network> {
  const size = preprocessing.inputSize;
  const [height, width] = evidence.grid;
  const session = await InferenceSession.create(onnx, {
    intraOpNumThreads: 1, // the pool's threads share out the cores
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  }).catch((error: unknown) => {
    throw asLoadError(error);
  });
  const input = new Float32Array(MAX_BATCH * size * size * 3);

  return {
    input,
    async run(count) {
      const image = new Tensor('float32', input.subarray(0, count * size * size * 3), [count, size, size, 3]);
      const outputs = await session.run({ image });
      const dimensions = evidence.weights.length;
      const logits = floats(outputs, 'logits', [count, 1]);
      const embeddings = floats(outputs, 'embedding', [count, dimensions]);
      const features = floats(outputs, 'features', [count, height, width, dimensions]);
      const perImage = height * width * dimensions;
      return Array.from({ length: count }, (_, index) => ({
        logit: logits[index] ?? NaN,
        embedding: embeddings.slice(index * dimensions, (index + 1) * dimensions),
        evidence: {
          height,
          width,
          values: evidenceOf(features.subarray(index * perImage, (index + 1) * perImage), evidence.weights),
        },
      }));
    },
    release: () => session.release(),
  };
}

function floats(outputs: InferenceSession.OnnxValueMapType, name: string, shape: number[]) {
  const tensor = outputs[name];
  const values = tensor instanceof Tensor ? tensor.data : undefined;
  if (!tensor || !(values instanceof Float32Array)) {
    throw new ModelLoadError(`The network has no output '${name}' in float32.`);
  }
  if (String(tensor.dims) !== String(shape)) {
    throw new ModelLoadError(
      `The network's '${name}' is [${tensor.dims.join()}]; the manifest needs [${shape.join()}].`,
    );
  }
  return values;
}

/** By cell, weights · features: for features `[h · w, D]`, an array `[h · w]`. */
function evidenceOf(features: Float32Array, weights: readonly number[]): Float32Array<ArrayBuffer> {
  const dimensions = weights.length;
  const values = new Float32Array(features.length / dimensions);
  for (let cell = 0; cell < values.length; cell++) {
    let sum = 0;
    for (let index = 0; index < dimensions; index++) {
      sum += (weights[index] ?? NaN) * (features[cell * dimensions + index] ?? NaN);
    }
    values[cell] = sum;
  }
  return values;
}

function checkEvidence(
  { evidence: { bias } }: Pick<Manifest, 'evidence'>,
  logit: number,
  { values }: EvidenceMap,
): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), Math.max(1, Math.abs(bias)));
  const agrees = Math.abs(bias + mean - logit) <= ROUNDING * scale; // not so for NaN
  if (!agrees) {
    throw new ModelLoadError(
      `The manifest's evidence weights are not the network's: they give a logit of ${bias + mean}, the network ${logit}.`,
    );
  }
}

function asLoadError(error: unknown): ModelLoadError {
  if (error instanceof ModelLoadError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ModelLoadError(`ONNX Runtime refuses the network: ${reason}`, { cause: error });
}
