import { rowsByKey } from '../../../../api/batched.js';
import { type Random, shuffle } from '../../../../imaging/seeded-random.js';

/**
 * Assigns items to `foldCount` folds, stratified by label, with all items of a group in the same fold. Groups are assigned in
 * order of size, the largest first, each to the fold whose label shares then deviate least from even (as scikit-learn's
 * StratifiedGroupKFold does). An item without a group (null) is a separate group.
 *
 * @param labels the label of each item, as a number from 0
 * @returns the fold of each item
 */
export function dealIntoFolds(
  labels: Uint8Array,
  groups: readonly (string | null)[],
  foldCount: number,
  random: Random,
): Uint8Array {
  const labelCount = Math.max(...labels) + 1;
  const totals = new Float64Array(labelCount);
  labels.forEach((label) => (totals[label] = (totals[label] ?? 0) + 1));

  const dealt = Array.from({ length: foldCount }, () => new Float64Array(labelCount));
  const foldOf = new Uint8Array(labels.length);
  const blocks = shuffle(blocksOf(groups), random).sort((a, b) => b.length - a.length);
  for (const block of blocks) {
    const counts = new Float64Array(labelCount);
    for (const item of block) counts[labels[item] ?? 0] = (counts[labels[item] ?? 0] ?? 0) + 1;
    let [best, leastExcess] = [0, Infinity];
    dealt.forEach((fold, index) => {
      // What this block adds to the sum of squares of the folds' shares: smallest for the emptiest fold.
      const excess = counts.reduce(
        (sum, count, label) => sum + (count * (2 * (fold[label] ?? 0) + count)) / (totals[label] ?? 1) ** 2,
        0,
      );
      if (excess < leastExcess) [best, leastExcess] = [index, excess];
    });
    counts.forEach((count, label) => {
      const fold = dealt[best];
      if (fold) fold[label] = (fold[label] ?? 0) + count;
    });
    for (const item of block) foldOf[item] = best;
  }
  return foldOf;
}

/** The items of each group, by their indices. */
export function blocksOf(groups: readonly (string | null)[]): number[][] {
  const names = groups.map((group, item) => group ?? item); // an item without a group is a separate group
  return [...rowsByKey([...groups.keys()], (item) => names[item]).values()];
}
