import { abstentionBand, decisionThreshold } from './decide.js';

describe('decisionThreshold', () => {
  const negatives = [0.01, 0.02, 0.03, 0.04, 0.05, 0.1, 0.2, 0.45, 0.8];
  const positives = [0.3, 0.4, 0.6, 0.9];
  const thresholdFor = (targetSensitivity: number) =>
    decisionThreshold(
      [...negatives, ...positives],
      [...negatives.map(() => false), ...positives.map(() => true)],
      targetSensitivity,
    );

  it('finds the stated share of the positives, and calls no more than that takes', () => {
    expect(thresholdFor(0.75)).toBeCloseTo((0.3 + 0.4) / 2, 12);
    expect(thresholdFor(0.7)).toBeCloseTo((0.3 + 0.4) / 2, 12);
    expect(thresholdFor(0.5)).toBeCloseTo((0.45 + 0.6) / 2, 12);
    expect(thresholdFor(0.999)).toBeCloseTo((0.2 + 0.3) / 2, 12);
  });

  it('never divides equal probabilities', () => {
    expect(decisionThreshold([0.2, 0.6, 0.6, 0.9], [false, false, true, true], 0.9)).toBeCloseTo(0.4, 12);
  });
});

describe('abstentionBand', () => {
  it('is no wider than the threshold and one half where every answer is right', () => {
    expect(abstentionBand([0.1, 0.2, 0.8, 0.9], [false, false, true, true], 0.4)).toEqual([0.4, 0.5]);
  });

  it('leaves at most 2 % of the answers wrong on either side, and withholds no more than that takes', () => {
    // 100 right negatives below 0.1, then positives and negatives mixed, then 100 right positives above 0.9.
    const right = Array.from({ length: 100 }, (_, index) => index / 1000);
    const mixed = Array.from({ length: 40 }, (_, index) => 0.3 + index / 100);
    const probabilities = [...right, ...mixed, ...right.map((probability) => 1 - probability)];
    const isPositive = [
      ...right.map(() => false),
      ...mixed.map((_, index) => index % 2 === 0),
      ...right.map(() => true),
    ];
    const [low, high] = abstentionBand(probabilities, isPositive, 0.5);
    const wrongBelow = probabilities.filter((p, index) => p < low && isPositive[index]).length;
    const below = probabilities.filter((p) => p < low).length;
    expect(wrongBelow / below).toBeLessThanOrEqual(0.02);
    // 2 wrong of 104 are within 2 %: up to the second positive and the negative after it.
    expect([below, wrongBelow]).toEqual([104, 2]);
    expect(high).toBeGreaterThan(0.5);
    expect(high).toBeLessThan(0.9);
  });

  it('leaves at most 2 % of a rare class answered wrongly', () => {
    // 1,000 negatives and 100 positives, of whom every tenth is as low as the negatives.
    const negatives = Array.from({ length: 1000 }, (_, index) => index / 2500);
    const positives = Array.from({ length: 100 }, (_, index) => (index % 10 === 0 ? index / 250 : 0.95));
    const probabilities = [...negatives, ...positives];
    const isPositive = [...negatives.map(() => false), ...positives.map(() => true)];
    const [low] = abstentionBand(probabilities, isPositive, 0.5);
    expect(positives.filter((probability) => probability < low)).toHaveLength(2);
    expect(negatives.filter((probability) => probability < low).length).toBeGreaterThan(150);
  });
});
