import type { Artifact } from '../../server/artifact/artifact.js';
import { benchmarkArtifact, randomArtifact } from '../../server/artifact/testing.js';
import type { Preprocessing } from '../../server/decision/preprocessing.js';

/** Decoding, resizing and normalising, as the raw limit does, and nothing more. */
const plain = (inputSize: number): Preprocessing => ({
  inputSize,
  colour: { kind: 'none' },
  mean: [0.8, 0.7, 0.75],
  std: [0.2, 0.25, 0.15],
});

/**
 * The network to measure, with random weights: 195 million multiply-accumulates at 224², or the small network of the tests.
 * Different seeds give versions with different answers.
 */
export function measuredArtifact(small: boolean, seed: number): Artifact {
  return small
    ? randomArtifact({ seed, inputSize: 64, manifest: { preprocessing: plain(64) } })
    : benchmarkArtifact(seed, { preprocessing: plain(224) });
}
