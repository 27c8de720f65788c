/** The scores of images in ascending order, prepared so that the AUC of many bootstrap samples takes little time. */
export interface RankedScores {
  /** The positions of the images, lowest score first. */
  readonly order: Uint32Array;
  /** By rank: 1 if the image is positive. */
  readonly isPositive: Uint8Array;
  /** By rank: 1 if the next score is different. */
  readonly isLastOfTie: Uint8Array;
}

export function rankScores(scores: ArrayLike<number>, isPositive: readonly boolean[]): RankedScores {
  const order = Uint32Array.from(isPositive.keys()).sort((a, b) => (scores[a] ?? NaN) - (scores[b] ?? NaN));
  return {
    order,
    isPositive: Uint8Array.from(order, (index) => Number(isPositive[index])),
    isLastOfTie: Uint8Array.from(order, (index, rank) => {
      const next = order[rank + 1];
      return Number(next === undefined || scores[next] !== scores[index]);
    }),
  };
}

/**
 * Area under the ROC curve, in which an image counts as often as `weights` says: the chance that a positive scores above a
 * negative, a tie counting half (Mann and Whitney 1947). Null unless both are present.
 */
export function weightedAuc(
  { order, isPositive, isLastOfTie }: RankedScores,
  weights: Float64Array,
): number | null {
  let [positives, negatives, tiedPositives, tiedNegatives, wins] = [0, 0, 0, 0, 0];
  for (let rank = 0; rank < order.length; rank++) {
    const weight = weights[order[rank] ?? 0] ?? 0;
    if (isPositive[rank]) tiedPositives += weight;
    else tiedNegatives += weight;
    if (!isLastOfTie[rank]) continue;
    wins += tiedPositives * (negatives + tiedNegatives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
    tiedPositives = 0;
    tiedNegatives = 0;
  }
  return positives > 0 && negatives > 0 ? wins / (positives * negatives) : null;
}
