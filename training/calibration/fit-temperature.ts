import { cellTypeProbabilities } from '../../server/inference/cell-types.js';

/** The scores of all labels for one image, and which label is right. */
export interface LabelledScores {
  /** `[L]`. */
  scores: readonly number[];
  /** Index of the right label. */
  actual: number;
  /** How much the image counts. */
  weight: number;
}

/** The range of the temperature. Beyond it, the scores have either learned nothing or separate the held-out images completely. */
const RANGE = [0.05, 20] as const;
const HALVINGS = 40;

/**
 * The temperature T that gives the right labels the highest likelihood under softmax(scores / T), 0.05–20: Guo et al. 2017 (arXiv
 * 1706.04599). The log-likelihood is concave in 1/T, so its only maximum is found by halving the range.
 */
export function fitTemperature(images: readonly LabelledScores[]): number {
  let [low, high]: [number, number] = [Math.log(RANGE[0]), Math.log(RANGE[1])];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (slope(images, Math.exp(middle)) > 0) high = middle;
    else low = middle;
  }
  return Number(Math.exp((low + high) / 2).toPrecision(6));
}

/** The derivative of the log-likelihood by 1/T: positive if a lower temperature is more likely. */
function slope(images: readonly LabelledScores[], temperature: number): number {
  return images.reduce((sum, { scores, actual, weight }) => {
    const expected = cellTypeProbabilities(scores, temperature).reduce(
      (mean, probability, label) => mean + probability * (scores[label] ?? NaN),
      0,
    );
    return sum + weight * ((scores[actual] ?? NaN) - expected);
  }, 0);
}
