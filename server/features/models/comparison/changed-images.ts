import type { ItemRow } from '../../datasets/snapshot-items.js';
import type { ComparedAnswer, Comparison } from './compare-versions.js';

/** An image for which the versions do not all give the same answer. */
export interface ChangedImageView {
  item: ItemRow;
  /** Of the versions with an evaluation, in the order of the comparison. */
  answers: ComparedAnswer[];
}

/** How bad an answer is: 0 is right, 1 withheld, 2 wrong. */
const badnessOf = ({ abstained, calledPositive, isPositive }: ComparedAnswer) =>
  abstained ? 1 : calledPositive === isPositive ? 0 : 2;

/**
 * The images whose answer is not the same for all versions, worst first: those where another version is much worse than the first
 * (right → wrong), then a little worse (right → withheld, withheld → wrong), equally bad, and better. Among equals, missed positive
 * images come before others, and large changes of the probability before small ones.
 */
export function changedImages({ items, hidden, versions }: Comparison): ChangedImageView[] {
  const evaluated = versions.filter(({ evaluation }) => evaluation !== null);
  const ranked = items.flatMap((item, index) => {
    const answers = evaluated.flatMap((version) => version.answers[index] ?? []);
    const [first, ...others] = answers;
    if (!first || hidden.has(item.key) || others.every((other) => isSame(first, other))) return [];
    const worsening = Math.max(...others.map((other) => badnessOf(other) - badnessOf(first)));
    const shift = Math.max(...others.map(({ probability }) => Math.abs(probability - first.probability)));
    return [{ item, answers, worsening, isPositive: first.isPositive, shift }];
  });
  return ranked
    .sort(
      (a, b) => b.worsening - a.worsening || Number(b.isPositive) - Number(a.isPositive) || b.shift - a.shift,
    )
    .map(({ item, answers }) => ({ item, answers }));
}

function isSame(one: ComparedAnswer, other: ComparedAnswer): boolean {
  return one.outcome === other.outcome && (one.abstained || one.label === other.label);
}
