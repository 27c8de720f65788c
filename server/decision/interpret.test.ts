import type { Manifest } from '../artifact/manifest.js';
import type { Gaussian } from './decision-rules.js';
import { randomArtifact } from '../artifact/testing.js';
import {
  calibratedProbability,
  interpret,
  mahalanobisDistance,
  outOfDistributionScore,
} from './interpret.js';

const outOfDistribution = {
  method: 'mahalanobis' as const,
  mean: [1, 2, 3],
  components: [[0.6, 0.8, 0]],
  variances: [4],
  residualVariance: 0.25,
  typicalDistance: 1,
  threshold: 3,
};

describe('interpret', () => {
  const artifact = randomArtifact({
    manifest: {
      calibration: { method: 'platt', slope: 2, intercept: -1 },
      decisionThreshold: 0.3,
      abstentionBand: [0.2, 0.6],
      evidence: { weights: [1, 1, 1], bias: 0, grid: [1, 1] },
      outOfDistribution,
    },
  });
  const logitOf = (probability: number) => (Math.log(probability / (1 - probability)) + 1) / 2;
  const answer = (probability: number, embedding = [1, 2, 3], qualityWarnings: string[] = []) =>
    interpret(artifact.manifest, { logit: logitOf(probability), embedding, qualityWarnings });

  it('calibrates, and gives the probabilities in the order of the classes', () => {
    const { label, confidence, probabilities, outcome } = answer(0.9);
    expect({ label, outcome }).toEqual({ label: 'blast', outcome: 'CLASSIFIED' });
    expect(confidence).toBeCloseTo(0.9, 12);
    expect(probabilities.map((entry) => entry.label)).toEqual(['normal', 'blast']);
    expect(probabilities.map((entry) => entry.probability)).toEqual([1 - confidence, confidence]);
  });

  it('gives the most probable class, which outside the band is also the decision by the threshold', () => {
    expect(answer(0.6)).toMatchObject({ label: 'blast', outcome: 'CLASSIFIED' });
    expect(answer(0.1)).toMatchObject({ label: 'normal', outcome: 'CLASSIFIED' });
    expect(answer(0.1).confidence).toBeCloseTo(0.9, 12);
    expect(answer(0.5001).label).toBe('blast');
    expect(answer(0.35)).toMatchObject({ label: 'normal', outcome: 'INDETERMINATE' });
  });

  it('abstains from the lower limit of the band up to, but not at, the upper limit, and never if the band is empty', () => {
    expect(answer(0.2001).outcome).toBe('INDETERMINATE');
    expect(answer(0.5999).outcome).toBe('INDETERMINATE');
    expect(answer(0.1999).outcome).toBe('CLASSIFIED');
    expect(answer(0.6001).outcome).toBe('CLASSIFIED');
    const manifest: Manifest = { ...artifact.manifest, abstentionBand: [0.5, 0.5] };
    for (const probability of [0.4999, 0.5, 0.5001]) {
      const raw = { logit: logitOf(probability), embedding: [1, 2, 3], qualityWarnings: [] };
      expect(interpret(manifest, raw).outcome).toBe('CLASSIFIED');
    }
  });

  it('withholds the answer for an image that is out of distribution, at any probability', () => {
    for (const probability of [0.999, 0.3]) {
      const { outcome, outOfDistributionScore: score } = answer(probability, [1, 2, 5]);
      expect(outcome).toBe('OUT_OF_DISTRIBUTION');
      expect(score).toBeCloseTo(1.5, 12); // distance 2 / √0.25 = 4, on a scale from 1 to 3
    }
  });

  it.each([
    [['NO_CELL'], 'OUT_OF_DISTRIBUTION'],
    [['SEVERAL_CELLS'], 'INDETERMINATE'],
    [['CELL_CUT_OFF', 'SCALE_UNKNOWN'], 'INDETERMINATE'],
    [['BLURRED', 'SCALE_OUT_OF_RANGE'], 'INDETERMINATE'],
    [['SCALE_NEEDED', 'SCALE_UNKNOWN'], 'INDETERMINATE'],
    [['SCALE_UNKNOWN', 'BLURRED'], 'CLASSIFIED'],
  ])('limits a sure answer with the warnings %j to %s', (warnings, outcome) => {
    for (const probability of [0.999, 0.001]) {
      const limited = answer(probability, [1, 2, 3], warnings);
      expect(limited).toEqual({ ...answer(probability), outcome, qualityWarnings: warnings });
    }
  });

  it('keeps OUT_OF_DISTRIBUTION where a warning alone would make the answer INDETERMINATE', () => {
    expect(answer(0.999, [1, 2, 5], ['SEVERAL_CELLS']).outcome).toBe('OUT_OF_DISTRIBUTION');
  });

  it('stays finite for extreme logits', () => {
    const raw = { embedding: [1, 2, 3], qualityWarnings: [] };
    const { manifest } = artifact;
    expect(interpret(manifest, { ...raw, logit: 1e4 })).toMatchObject({ label: 'blast', confidence: 1 });
    expect(interpret(manifest, { ...raw, logit: -1e4 })).toMatchObject({ label: 'normal', confidence: 1 });
  });
});

describe('interpret with cell types', () => {
  const cellTypes = {
    labels: ['band', 'blast', 'monocyte'],
    weights: [
      [1, 0, 0],
      [0, 2, 0],
      [0, 0, 2],
    ],
    biases: [0, 0.5, 0],
    temperature: 2,
    thresholds: [null, 0.7, 0.7],
  };
  const { manifest } = randomArtifact({
    manifest: {
      abstentionBand: [0.2, 0.6],
      evidence: { weights: [1, 1, 1], bias: 0, grid: [1, 1] },
      outOfDistribution: { ...outOfDistribution, mean: [0, 0, 0], threshold: 30 },
      cellTypes,
    },
  });
  const answer = (logit: number, embedding: number[], qualityWarnings: string[] = []) =>
    interpret(manifest, { logit, embedding, qualityWarnings });
  const [band, blast, monocyte] = [
    [9, 0, 0],
    [0, 3, 0],
    [0, 0, 3],
  ] as const;

  it('gives the softmax of the scores divided by the temperature, in the order of the labels', () => {
    const types = answer(5, [0, 1, 0]).cellTypes ?? [];
    const powers = [1, Math.exp(2.5 / 2), 1];
    expect(types.map(({ label }) => label)).toEqual(cellTypes.labels);
    types.forEach(({ probability }, index) =>
      expect(probability).toBeCloseTo((powers[index] ?? NaN) / (2 + Math.exp(1.25)), 12),
    );
    expect(answer(5, [0, 1e6, 0]).cellTypes?.[1]?.probability).toBe(1);
  });

  it('names the most probable type if it reaches its threshold and the answer is classified', () => {
    expect(answer(5, [...blast])).toMatchObject({ outcome: 'CLASSIFIED', cellType: 'blast' });
    expect(answer(-5, [...monocyte])).toMatchObject({ outcome: 'CLASSIFIED', cellType: 'monocyte' });
    expect(answer(5, [0, 1, 0])).toMatchObject({ outcome: 'CLASSIFIED', cellType: null }); // 0.64
    expect(answer(-5, [...band])).toMatchObject({ outcome: 'CLASSIFIED', cellType: null }); // no threshold
    expect(answer(0, [...blast])).toMatchObject({ outcome: 'INDETERMINATE', cellType: null });
    expect(answer(5, [0, 400, 0])).toMatchObject({ outcome: 'OUT_OF_DISTRIBUTION', cellType: null });
    expect(answer(5, [...blast], ['SEVERAL_CELLS'])).toMatchObject({
      outcome: 'INDETERMINATE',
      cellType: null,
    });
  });

  it.each([
    ['a blast that is named a monocyte', 5, monocyte, 'blast'],
    ['another cell that is named a blast', -5, blast, 'normal'],
  ])('withholds %s, says why, and keeps its label', (_what, logit, embedding, label) => {
    const plain = interpret({ ...manifest, cellTypes: undefined }, { logit, embedding, qualityWarnings: [] });
    const { cellTypes: types, ...withheld } = answer(logit, [...embedding], ['BLURRED']);
    expect(types).toHaveLength(3);
    expect(withheld).toEqual({
      ...{ label, confidence: plain.confidence, probabilities: plain.probabilities },
      outOfDistributionScore: plain.outOfDistributionScore,
      outcome: 'INDETERMINATE',
      cellType: null,
      qualityWarnings: ['BLURRED', 'CELL_TYPE_CONTRADICTS'],
    });
  });

  it.each([
    ['without a second head', undefined],
    [
      'with one whose scores were never calibrated',
      { ...cellTypes, temperature: undefined, thresholds: undefined },
    ],
  ])('answers as before %s', (_what, head) => {
    const raw = { logit: 5, embedding: [...monocyte], qualityWarnings: [] };
    expect(interpret({ ...manifest, cellTypes: head }, raw)).toMatchObject({
      ...{ outcome: 'CLASSIFIED', cellTypes: null, cellType: null, qualityWarnings: [] },
    });
  });
});

test('calibratedProbability is the sigmoid of a line', () => {
  expect(calibratedProbability({ method: 'platt', slope: 3, intercept: 0.5 }, 0.25)).toBeCloseTo(
    1 / (1 + Math.exp(-1.25)),
    12,
  );
});

describe('mahalanobisDistance', () => {
  it('uses the variance of a component along it, and the residual variance in other directions', () => {
    expect(mahalanobisDistance(outOfDistribution, [1, 2, 3])).toBe(0);
    expect(mahalanobisDistance(outOfDistribution, [1 + 0.6 * 6, 2 + 0.8 * 6, 3])).toBeCloseTo(6 / 2, 12);
    expect(mahalanobisDistance(outOfDistribution, [1 - 0.8, 2 + 0.6, 3])).toBeCloseTo(1 / 0.5, 12);
  });

  it('equals √(xᵀ Σ⁻¹ x) for Σ = λ v vᵀ + σ² (I − v vᵀ)', () => {
    const [x, y, z] = [0.7, -1.1, 0.4];
    const along = 0.6 * x + 0.8 * y;
    const inverse = [
      [0.36 / 4 + (1 - 0.36) / 0.25, 0.48 / 4 - 0.48 / 0.25, 0],
      [0.48 / 4 - 0.48 / 0.25, 0.64 / 4 + (1 - 0.64) / 0.25, 0],
      [0, 0, 1 / 0.25],
    ];
    const offset = [x, y, z];
    const squared = inverse.reduce(
      (sum, row, i) =>
        sum + row.reduce((part, value, j) => part + value * (offset[i] ?? 0) * (offset[j] ?? 0), 0),
      0,
    );
    expect(along).not.toBe(0);
    expect(mahalanobisDistance(outOfDistribution, [1 + x, 2 + y, 3 + z])).toBeCloseTo(Math.sqrt(squared), 12);
  });

  it('refuses an embedding of the wrong length', () => {
    expect(() => mahalanobisDistance(outOfDistribution, [1, 2])).toThrow(RangeError);
  });
});

test('outOfDistributionScore is 0 up to the typical distance and 1 at the threshold', () => {
  const at = (distance: number) => outOfDistributionScore(outOfDistribution, [1, 2, 3 + distance / 2]);
  expect([0, 0.5, 1, 2, 3, 5].map(at)).toEqual([0, 0, 0, 0.5, 1, 2]);
});

describe('the score of an ensemble', () => {
  const other: Gaussian = {
    mean: [0, 0],
    components: [],
    variances: [],
    residualVariance: 1,
    typicalDistance: 2,
    threshold: 4,
  };
  const { method: _, ...first } = outOfDistribution;
  const ensemble = { method: 'mahalanobis-ensemble' as const, members: [first, other] };

  it('is the mean of the scores of its members for their blocks, including a negative score', () => {
    // First block: distance 5, (5 − 1) / 2 = 2. Second: distances 4 and 0, so 1 and −1.
    expect(outOfDistributionScore(ensemble, [1, 2, 5.5, 0, 4])).toBeCloseTo((2 + 1) / 2, 12);
    expect(outOfDistributionScore(ensemble, [1, 2, 5.5, 0, 0])).toBeCloseTo((2 - 1) / 2, 12);
    expect(outOfDistributionScore(ensemble, [1, 2, 3, 0, 0])).toBe(0);
  });

  it('refuses an embedding of the wrong length', () => {
    expect(() => outOfDistributionScore(ensemble, [1, 2, 3, 0])).toThrow(RangeError);
    expect(() => outOfDistributionScore(ensemble, [1, 2, 3, 0, 0, 0])).toThrow(RangeError);
  });
});
