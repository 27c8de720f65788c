import type { CellTypes } from './decision-rules.js';

/** Scores of the L labels for an embedding `[D]`: biases + weights · embedding. */
export function cellTypeScores(
  { weights, biases }: Pick<CellTypes, 'weights' | 'biases'>,
  embedding: ArrayLike<number>,
): number[] {
  return weights.map((row, label) =>
    row.reduce((sum, weight, at) => sum + weight * (embedding[at] ?? NaN), biases[label] ?? NaN),
  );
}

/** Probabilities of the labels: softmax(scores / temperature). The sum is 1. */
export function cellTypeProbabilities(scores: readonly number[], temperature: number): number[] {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp((score - highest) / temperature)); // cannot overflow
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The most probable label, if it has a threshold and reaches it; else null. */
export function confidentCellType(
  { labels, thresholds }: Pick<CellTypes, 'labels' | 'thresholds'>,
  probabilities: readonly number[],
): string | null {
  const highest = probabilities.indexOf(Math.max(...probabilities));
  const threshold = thresholds[highest] ?? null;
  const isReached = threshold !== null && (probabilities[highest] ?? NaN) >= threshold;
  return isReached ? (labels[highest] ?? null) : null;
}
