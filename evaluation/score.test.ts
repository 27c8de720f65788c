import { randomArtifact } from '../server/artifact/testing.js';
import { scoreOf } from './score.js';

test('calls an image positive at the threshold, not at one half, and counts withheld answers', () => {
  const { manifest } = randomArtifact({
    manifest: { decisionThreshold: 0.3, abstentionBand: [0.2, 0.5] },
  });
  const embedding = new Float32Array(manifest.evidence.weights.length);
  const called = (probability: number, qualityWarnings: string[] = []) => {
    const { calledPositive, abstained } = scoreOf(
      manifest,
      { logit: Math.log(probability / (1 - probability)), embedding, qualityWarnings },
      { isPositive: true, group: 'A', cellTypeLabel: 'blast' },
    );
    return { calledPositive, abstained };
  };
  expect(called(0.1)).toEqual({ calledPositive: false, abstained: false });
  expect(called(0.29)).toEqual({ calledPositive: false, abstained: true });
  expect(called(0.4)).toEqual({ calledPositive: true, abstained: true });
  expect(called(0.6)).toEqual({ calledPositive: true, abstained: false });
  expect(called(0.6, ['SEVERAL_CELLS'])).toEqual({ calledPositive: true, abstained: true });
});
