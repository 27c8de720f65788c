import { areaUnderCurve, evaluate, quantile, type Scored } from './measure-scores.js';

const classes = ['normal', 'blast'] as const;

function scored(isPositive: boolean, probability: number, group: string | null = null): Scored {
  return { isPositive, probability, group, calledPositive: probability >= 0.5, abstained: false };
}

describe('areaUnderCurve', () => {
  it('is the chance that a positive scores above a negative', () => {
    // The example of scikit-learn's documentation of roc_auc_score.
    expect(areaUnderCurve([0.1, 0.4, 0.35, 0.8], [false, false, true, true])).toBe(0.75);
  });

  it('counts a tie half', () => {
    expect(areaUnderCurve([1, 1, 1, 0], [true, false, false, false])).toBeCloseTo((0.5 + 0.5 + 1) / 3, 12);
  });

  it('is null with one class', () => {
    expect(areaUnderCurve([1, 2], [true, true])).toBeNull();
  });
});

describe('evaluate', () => {
  const items = [
    scored(true, 0.9),
    scored(true, 0.8),
    scored(true, 0.3),
    scored(false, 0.1),
    scored(false, 0.2),
    scored(false, 0.2),
    scored(false, 0.6),
  ];

  it('computes the rates at the threshold and the confusion matrix', () => {
    const metrics = evaluate(items, { classes, seed: 1 });
    expect(metrics.sensitivity?.estimate).toBeCloseTo(2 / 3, 12);
    expect(metrics.specificity?.estimate).toBeCloseTo(3 / 4, 12);
    expect(metrics.balancedAccuracy?.estimate).toBeCloseTo((2 / 3 + 3 / 4) / 2, 12);
    expect(metrics.auc?.estimate).toBeCloseTo(11 / 12, 12);
    expect(metrics.confusionMatrix).toEqual([
      { actual: 'normal', predicted: 'normal', count: 3 },
      { actual: 'normal', predicted: 'blast', count: 1 },
      { actual: 'blast', predicted: 'normal', count: 1 },
      { actual: 'blast', predicted: 'blast', count: 2 },
    ]);
  });

  it('gives the Brier score and the calibration error', () => {
    // Brier: the example of scikit-learn's documentation of brier_score_loss.
    const four = [scored(false, 0.1), scored(true, 0.9), scored(true, 0.8), scored(false, 0.3)];
    expect(evaluate(four, { classes, seed: 1 }).brierScore).toBeCloseTo(0.0375, 12);
    // Two bins of two: |0.25 − 0.5| and |0.95 − 1|.
    const bins = [scored(false, 0.22), scored(true, 0.28), scored(true, 0.92), scored(true, 0.98)];
    const metrics = evaluate(bins, { classes, seed: 1 });
    expect(metrics.expectedCalibrationError).toBeCloseTo((0.25 + 0.05) / 2, 12);
    expect(metrics.reliabilityCurve).toHaveLength(2);
    expect(metrics.reliabilityCurve[0]?.x).toBeCloseTo(0.25, 12);
    expect(metrics.reliabilityCurve[0]?.y).toBe(0.5);
  });

  it('draws the ROC curve from corner to corner through every threshold', () => {
    const { rocCurve } = evaluate(items, { classes, seed: 1 });
    expect(rocCurve[0]).toEqual({ x: 0, y: 0 });
    expect(rocCurve.at(-1)).toEqual({ x: 1, y: 1 });
    expect(rocCurve).toContainEqual({ x: 0.25, y: 2 / 3 });
  });

  it('widens the interval where the images are of few groups', () => {
    // The same 200 answers; wrong ones are all of two patients.
    const many = Array.from({ length: 200 }, (_, index) =>
      scored(index % 2 === 0, (index % 2 === 0) === index < 180 ? 0.8 : 0.2),
    );
    const byImage = evaluate(many, { classes, seed: 1 }).sensitivity;
    const byGroup = evaluate(
      many.map((item, index) => ({ ...item, group: `patient ${Math.floor(index / 10)}` })),
      { classes, seed: 1 },
    );
    const width = (interval: { lower: number; upper: number } | null) =>
      interval ? interval.upper - interval.lower : NaN;
    expect(byGroup.groupCount).toBe(20);
    expect(byGroup.sensitivity?.estimate).toBeCloseTo(0.9, 12);
    expect(width(byGroup.sensitivity)).toBeGreaterThan(1.5 * width(byImage));
    // Binomial, 100 positives at 0.9: 1.96 · √(0.9 · 0.1 / 100) on either side.
    expect(width(byImage)).toBeGreaterThan(0.09);
    expect(width(byImage)).toBeLessThan(0.15);
  });

  it('gives images of one patient the same interval as images without a patient', () => {
    const byImage = evaluate(items, { classes, seed: 1 });
    const ofOne = evaluate(
      items.map((item) => ({ ...item, group: 'patient' })),
      { classes, seed: 1 },
    );
    expect(ofOne.groupCount).toBe(1);
    expect(ofOne.auc).toEqual(byImage.auc);
    expect(ofOne.auc?.lower).toBeLessThan(0.9);
  });

  it('widens the interval of a sensitivity that rests on one patient, regardless of the healthy patients', () => {
    const cells = Array.from({ length: 40 }, (_, index) => scored(true, index % 10 === 0 ? 0.2 : 0.8, 'ill'));
    const others = Array.from({ length: 44 }, (_, index) => scored(false, 0.1, `healthy ${index % 11}`));
    const { sensitivity } = evaluate([...cells, ...others], { classes, seed: 1 });
    expect(sensitivity?.estimate).toBeCloseTo(0.9, 12);
    expect(sensitivity?.lower).toBeLessThan(0.83);
    expect(sensitivity?.upper).toBeGreaterThan(0.95);
  });

  it('draws the same intervals from the same seed', () => {
    expect(evaluate(items, { classes, seed: 7 })).toEqual(evaluate(items, { classes, seed: 7 }));
  });

  it('returns null for metrics that need both classes when only one is present', () => {
    const metrics = evaluate([scored(false, 0.2), scored(false, 0.7)], { classes, seed: 1 });
    expect(metrics).toMatchObject({ auc: null, sensitivity: null, balancedAccuracy: null, rocCurve: [] });
    expect(metrics.specificity?.estimate).toBe(0.5);
  });
});

test('quantile interpolates linearly between neighbours', () => {
  expect(quantile([0, 10, 20, 30], 0.5)).toBe(15);
  expect(quantile([0, 10, 20, 30], 1)).toBe(30);
  expect(quantile([], 0.5)).toBeUndefined();
});
