import { calibrate } from './calibrate.js';
import { TrainingDataError } from '../training-data-error.js';

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

describe('calibrate', () => {
  it('gives, where there are two logits, the share of positives at each, smoothed as Platt does', () => {
    // 20 images at logit −1, 2 of them positive; 10 at logit 3, 9 of them positive.
    const logits = [...Array<number>(20).fill(-1), ...Array<number>(10).fill(3)];
    const isPositive = logits.map((logit, index) => (logit < 0 ? index < 2 : index < 29));
    const { slope, intercept } = calibrate(logits, isPositive);
    const [positive, negative] = [12 / 13, 1 / 21]; // of 11 positives and 19 negatives
    expect(sigmoid(-slope + intercept)).toBeCloseTo((2 * positive + 18 * negative) / 20, 6);
    expect(sigmoid(3 * slope + intercept)).toBeCloseTo((9 * positive + negative) / 10, 6);
  });

  it('stays finite where the logits separate the labels, and are large', () => {
    const { slope, intercept } = calibrate([-900, -800, 700, 900], [false, false, true, true]);
    expect(slope).toBeGreaterThan(0);
    expect(Number.isFinite(intercept)).toBe(true);
  });

  it('refuses scores that fall with the positive label', () => {
    const backwards = () => calibrate([3, 2, 1, -1, -2, -3], [false, false, false, true, true, true]);
    expect(backwards).toThrow(TrainingDataError);
    expect(backwards).toThrow(/learned nothing/);
  });
});
