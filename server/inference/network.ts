import type { EvidenceMap } from '../imaging/evidence-map.js';
import { ModelLoadError } from './errors.js';
import type { NetworkManifest } from './messages.js';

/** Float32 sums in another order differ by this much of the sum's largest part. */
const ROUNDING = 1e-4;

/** Two engines that run one network differ by this much of the largest value; two networks differ by far more. */
export const AGREEMENT = 1e-3;

/** One that computes blocks its thread; of those that wait for a server a few keep it busy. */
export const RUNS_AT_ONCE = { onThread: 1, onServer: 4 } as const;

/** A version's network, wherever it runs. */
export interface Network {
  /** Runs that may be under way at once. */
  readonly runsAtOnce: number;
  /**
   * @param images `[count, S, S, 3]`, normalised; not to be changed before the run has ended
   * @throws ModelLoadError when the outputs are not those that the manifest describes, InferenceFailedError
   */
  run(images: Float32Array, count: number): Promise<NetworkOutput[]>;
  release(): Promise<void>;
}

export interface NetworkOutput {
  readonly logit: number;
  /** `[D]`. */
  readonly embedding: Float32Array<ArrayBuffer>;
  readonly evidence: EvidenceMap & { readonly values: Float32Array<ArrayBuffer> };
}

/** One output of a run, as the engine gives it. */
export interface OutputTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export const OUTPUT_NAMES = ['logits', 'embedding', 'features'] as const;

/** The shape of each output for `count` images. */
export function outputShapes({ evidence }: NetworkManifest, count: number) {
  const dimensions = evidence.weights.length;
  return {
    logits: [count, 1],
    embedding: [count, dimensions],
    features: [count, ...evidence.grid, dimensions],
  };
}

/** By image, what a run gave. Throws ModelLoadError when the outputs are not those that the manifest describes. */
export function readOutputs(
  manifest: NetworkManifest,
  count: number,
  outputs: (name: (typeof OUTPUT_NAMES)[number]) => OutputTensor | undefined,
): NetworkOutput[] {
  const shapes = outputShapes(manifest, count);
  const [logits, embeddings, features] = OUTPUT_NAMES.map((name) => {
    const tensor = outputs(name);
    if (!tensor) throw new ModelLoadError(`The network has no output '${name}' in float32.`);
    if (String(tensor.shape) !== String(shapes[name])) {
      throw new ModelLoadError(
        `The network's '${name}' is [${tensor.shape.join()}]; the manifest needs [${shapes[name].join()}].`,
      );
    }
    return tensor.values;
  }) as [Float32Array, Float32Array, Float32Array];
  const [height, width] = manifest.evidence.grid;
  const weights = new Float64Array(manifest.evidence.weights); // an array that came by message holds boxed numbers: slow
  const dimensions = weights.length;
  const perImage = height * width * dimensions;
  return Array.from({ length: count }, (_, index) => ({
    logit: logits[index] ?? NaN,
    embedding: embeddings.slice(index * dimensions, (index + 1) * dimensions),
    evidence: {
      height,
      width,
      values: evidenceOf(features.subarray(index * perImage, (index + 1) * perImage), weights),
    },
  }));
}

/** By cell, weights · features: for features `[h · w, D]`, an array `[h · w]`. */
function evidenceOf(features: Float32Array, weights: Float64Array): Float32Array<ArrayBuffer> {
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

/** `[count, S, S, 3]`: no picture, but input that leaves few features at 0, as a constant one would. */
export function sampleImages({ preprocessing: { inputSize } }: NetworkManifest, count: number): Float32Array {
  const images = new Float32Array(count * inputSize * inputSize * 3);
  for (let index = 0; index < images.length; index++) images[index] = ((index * 7919) % 1009) / 252 - 2;
  return images;
}

/** Holds outputs to `logit = bias + mean(evidence)`, so that the evidence map tells the truth. Throws ModelLoadError. */
export function checkEvidence(
  { evidence: { bias } }: NetworkManifest,
  outputs: readonly NetworkOutput[],
): void {
  for (const { logit, evidence } of outputs) {
    const { values } = evidence;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const scale = values.reduce(
      (most, value) => Math.max(most, Math.abs(value)),
      Math.max(1, Math.abs(bias)),
    );
    const agrees = Math.abs(bias + mean - logit) <= ROUNDING * scale; // not so for NaN
    if (!agrees) {
      throw new ModelLoadError(
        `The manifest's evidence weights are not the network's: they give a logit of ${bias + mean}, the network ${logit}.`,
      );
    }
  }
}
