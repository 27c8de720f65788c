import type { EvidenceMap } from '../pixels/evidence-map.js';
import { evidenceOf } from '../pixels/evidence-map.js';
import { ModelLoadError } from './errors.js';
import type { NetworkManifest } from './messages.js';

/** The largest difference between float32 sums in different orders, relative to the largest term. */
const ROUNDING = 1e-4;

/** The largest difference between two engines that run the same network, relative to the largest value. Different networks differ by far more. */
export const AGREEMENT = 1e-3;

/** The number of concurrent runs. A local run blocks its thread; a few runs that wait for a server keep the server busy. */
export const RUNS_AT_ONCE = { onThread: 1, onServer: 4 } as const;

/** The network of a version, run locally or by a server. */
export interface Network {
  /** The largest number of concurrent runs. */
  readonly runsAtOnce: number;
  /**
   * @param images `[count, S, S, 3]`, normalised; must not change before the run has finished
   * @throws ModelLoadError when the outputs do not match the manifest, InferenceFailedError
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

/** One output of a run, in the engine's form. */
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

/**
 * Returns a function for the outputs of a run of `count` images, by image. It throws ModelLoadError when the outputs do not match the
 * manifest.
 */
export function outputReader(
  manifest: NetworkManifest,
): (
  count: number,
  outputs: (name: (typeof OUTPUT_NAMES)[number]) => OutputTensor | undefined,
) => NetworkOutput[] {
  const [height, width] = manifest.evidence.grid;
  const weights = new Float64Array(manifest.evidence.weights); // an array received in a message has boxed numbers, which are slow
  const dimensions = weights.length;
  const perImage = height * width * dimensions;
  return (count, outputs) => {
    const shapes = outputShapes(manifest, count);
    const [logits, embeddings, features] = OUTPUT_NAMES.map((name) => {
      const tensor = outputs(name);
      if (!tensor) throw new ModelLoadError(`The network has no output '${name}' in float32.`);
      if (String(tensor.shape) !== String(shapes[name])) {
        throw new ModelLoadError(
          `The network's output '${name}' has the shape [${tensor.shape.join()}], but the manifest requires [${shapes[name].join()}].`,
        );
      }
      return tensor.values;
    }) as [Float32Array, Float32Array, Float32Array];
    return Array.from({ length: count }, (_, index) => ({
      logit: logits[index] ?? NaN,
      embedding: embeddings.slice(index * dimensions, (index + 1) * dimensions),
      evidence: {
        height,
        width,
        values: evidenceOf(features.subarray(index * perImage, (index + 1) * perImage), weights),
      },
    }));
  };
}

/** Artificial input `[count, S, S, 3]`. Unlike a constant image it makes few features 0. */
export function sampleImages({ preprocessing: { inputSize } }: NetworkManifest, count: number): Float32Array {
  const images = new Float32Array(count * inputSize * inputSize * 3);
  for (let index = 0; index < images.length; index++) images[index] = ((index * 7919) % 1009) / 252 - 2;
  return images;
}

/** Checks that `logit = bias + mean(evidence)`, so that the evidence map explains the score exactly. Throws ModelLoadError. */
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
    const agrees = Math.abs(bias + mean - logit) <= ROUNDING * scale; // false for NaN
    if (!agrees) {
      throw new ModelLoadError(
        `The evidence weights in the manifest do not match the network: they give a logit of ${bias + mean}, the network gives ${logit}.`,
      );
    }
  }
}
