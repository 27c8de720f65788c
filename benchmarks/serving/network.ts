import type { Artifact } from '../../server/artifact/artifact.js';
import { benchmarkArtifact, randomArtifact } from '../../server/artifact/testing.js';
import type { Preprocessing } from '../../server/imaging/preprocessing.js';

/** Decoding, resizing and normalising, as the raw limit does, and nothing more. */
const plain = (inputSize: number): Preprocessing => ({
  inputSize,
  colour: { kind: 'none' },
  mean: [0.8, 0.7, 0.75],
  std: [0.2, 0.25, 0.15],
});

/**
 * The version that is measured: 195 million multiply-accumulates at 224², or the small one of the tests; random weights.
 * Another seed is another version, whose answers differ.
 */
export function measuredArtifact(small: boolean, seed: number): Artifact {
  return small
    ? randomArtifact({ seed, inputSize: 64, manifest: { preprocessing: plain(64) } })
    : benchmarkArtifact(seed, { preprocessing: plain(224) });
}
