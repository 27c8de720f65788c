import { rowsByKey } from '../../../api/batched.js';
import { EXAMPLE_IMAGES, percent } from './finding.js';

interface Labelled {
  key: string;
  label: string;
}

/** The items of each label, labels in alphabetical order. */
export function itemsByLabel<Item extends Labelled>(items: readonly Item[]): Map<string, Item[]> {
  const byLabel = rowsByKey(items, ({ label }) => label);
  return new Map([...byLabel].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Keys of some images of each label, to compare side by side. */
export function someOfEachLabel(items: readonly Labelled[]): string[] {
  const labels = [...itemsByLabel(items).values()];
  const each = Math.max(1, Math.floor(EXAMPLE_IMAGES / labels.length));
  return labels.flatMap((same) => same.slice(0, each).map(({ key }) => key)).slice(0, EXAMPLE_IMAGES);
}

/** How many of a label's images something concerns. */
export interface LabelShare {
  label: string;
  count: number;
  /** Of all images of the label, 0–1. */
  share: number;
  /** 'blast 3 of 60 (5 %)' */
  text: string;
}

/** How many of each label's images something concerns, labels in alphabetical order. */
export function sharesByLabel<Item extends Labelled>(
  items: readonly Item[],
  concerns: (item: Item) => boolean,
): LabelShare[] {
  return [...itemsByLabel(items)].map(([label, same]) => {
    const count = same.filter(concerns).length;
    const share = count / same.length;
    const [some, all] = [count, same.length].map((number) => number.toLocaleString('en'));
    return { label, count, share, text: `${label} ${some} of ${all} (${percent(share)})` };
  });
}
