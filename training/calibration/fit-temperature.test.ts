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
