/**
 * The area under the ROC curve: how often a positive scores higher than a negative, with ties counted as half (Mann and Whitney
 * 1947). 0.5 is chance. NaN if there are no positives or no negatives.
 */
export function areaUnderCurve(positives: Float64Array, negatives: Float64Array): number {
  const [high, low] = [positives.toSorted(), negatives.toSorted()];
  let [below, notAbove, wins] = [0, 0, 0];
  for (const score of high) {
    while (below < low.length && (low[below] ?? 0) < score) below += 1;
    notAbove = Math.max(notAbove, below);
    while (notAbove < low.length && (low[notAbove] ?? 0) <= score) notAbove += 1;
    wins += (below + notAbove) / 2;
  }
  return wins / (high.length * low.length);
}
