import type { Scored } from './measure-scores.js';

/** The number of bins of a score distribution. */
const BINS = 20;
const CURVE_POINTS = 100;

/** The images of a bin of probabilities, by their actual class. */
export interface ScoreBin {
  /** The lower limit of the calibrated probability; the upper limit is 1/20 more. */
  from: number;
  negative: number;
  positive: number;
}

/** How many images of each class have which calibrated probability: 20 bins of equal width. */
export function scoreDistribution(scored: readonly Pick<Scored, 'isPositive' | 'probability'>[]): ScoreBin[] {
  const bins = Array.from({ length: BINS }, (_, index) => ({ from: index / BINS, negative: 0, positive: 0 }));
  for (const { isPositive, probability } of scored) {
    const bin = bins[Math.min(BINS - 1, Math.floor(probability * BINS))];
    if (bin) bin[isPositive ? 'positive' : 'negative'] += 1;
  }
  return bins;
}

/**
 * The risk–coverage curve (El-Yaniv & Wiener 2010): x is the share of the images that would be answered if the least certain ones
 * were withheld, y the share of wrong labels among them. Certainty is the distance of the calibrated probability from one half.
 * About 100 points, by rising coverage; empty without images.
 */
export function selectiveErrorCurve(
  scored: readonly Pick<Scored, 'isPositive' | 'probability' | 'calledPositive'>[],
): { x: number; y: number }[] {
  const certainty = ({ probability }: { probability: number }) => Math.abs(probability - 0.5);
  const ordered = scored.toSorted((one, two) => certainty(two) - certainty(one));
  let wrong = 0;
  const points = ordered.flatMap((item, index) => {
    wrong += Number(item.isPositive !== item.calledPositive);
    const next = ordered[index + 1];
    if (next && certainty(next) === certainty(item)) return [];
    return [{ x: (index + 1) / ordered.length, y: wrong / (index + 1) }];
  });
  const step = Math.ceil(points.length / CURVE_POINTS);
  return points.filter((_, index) => index % step === 0 || index === points.length - 1);
}

/** The share of wrong labels among the images that are not withheld; null if all are withheld. */
export function selectiveError(
  scored: readonly Pick<Scored, 'isPositive' | 'calledPositive' | 'abstained'>[],
): number | null {
  const answered = scored.filter(({ abstained }) => !abstained);
  const wrong = answered.filter(({ isPositive, calledPositive }) => isPositive !== calledPositive).length;
  return answered.length > 0 ? wrong / answered.length : null;
}
