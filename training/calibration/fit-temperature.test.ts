import { fitTemperature, type LabelledScores } from './fit-temperature.js';

const image = (scores: number[], actual: number, weight = 1): LabelledScores => ({ scores, actual, weight });

it('gives scores of three labels the probability at which they are right', () => {
  // Score 4 against 0 and 0; right in 8 of 10, so e^(4/T) / (e^(4/T) + 2) = 0.8.
  const images = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2].map((actual) => image([4, 0, 0], actual));
  expect(fitTemperature(images)).toBeCloseTo(4 / Math.log(8), 4);
});

it('counts images by their weight', () => {
  const images = [image([4, 0, 0], 0, 8), image([4, 0, 0], 1, 1), image([4, 0, 0], 2, 1)];
  expect(fitTemperature(images)).toBeCloseTo(4 / Math.log(8), 4);
});

it('stays within 0.05–20 where the scores are always right or never', () => {
  expect(fitTemperature([image([1, 0, 0], 0)])).toBeCloseTo(0.05, 4);
  expect(fitTemperature([image([1, 0, 0], 1)])).toBeCloseTo(20, 2);
});

it('moves only as far from the temperature of a prior as the scores demand', () => {
  const right = Array.from({ length: 50 }, () => image([4, 0, 0], 0));
  const fit = (prior: number) => fitTemperature(right, { temperature: prior, deviation: 0.3 });
  // At the maximum, with b = 1/T: 50 · 4 · 2 / (e^4b + 2) = (b − 1) / 0.3².
  const b = 1 / fit(1);
  expect(400 / (Math.exp(4 * b) + 2)).toBeCloseTo((b - 1) / 0.09, 3);
  expect(fit(1)).toBeGreaterThan(0.7);
  expect(fitTemperature([], { temperature: 2, deviation: 0.3 })).toBeCloseTo(2, 4);
});
