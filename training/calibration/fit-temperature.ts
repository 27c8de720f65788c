import { cellTypeProbabilities } from '../../server/decision/cell-types.js';

/** The scores of all labels for one image, and which label is right. */
export interface LabelledScores {
  /** `[L]`. */
  scores: readonly number[];
  /** Index of the right label. */
  actual: number;
  /** How much the image counts. */
  weight: number;
}

/** A Gaussian prior of the inverse temperature 1/T: its mean is 1 / `temperature`. */
export interface TemperaturePrior {
  temperature: number;
  /** The standard deviation as a share of the mean, above 0. */
  deviation: number;
}

/** The range of the temperature. Beyond it, the scores have either learned nothing or separate the held-out images completely. */
const RANGE = [0.05, 20] as const;
const HALVINGS = 40;

/**
 * The temperature T that gives the right labels the highest likelihood under softmax(scores / T), 0.05–20: Guo et al. 2017 (arXiv
 * 1706.04599). With a prior, the one with the highest posterior probability. Both functions are concave in 1/T, so their only maximum is
 * found by halving the range.
 */
export function fitTemperature(images: readonly LabelledScores[], prior?: TemperaturePrior): number {
  let [low, high]: [number, number] = [Math.log(RANGE[0]), Math.log(RANGE[1])];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    const temperature = Math.exp(middle);
    if (slope(images, temperature) + slopeOfPrior(prior, temperature) > 0) high = middle;
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

/** The derivative of the prior's logarithm by 1/T; 0 without a prior. */
function slopeOfPrior(prior: TemperaturePrior | undefined, temperature: number): number {
  if (!prior) return 0;
  const deviation = prior.deviation / prior.temperature;
  return (1 / prior.temperature - 1 / temperature) / deviation ** 2;
}
