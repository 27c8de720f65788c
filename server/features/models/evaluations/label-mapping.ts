import { shownSpellings, spellings } from '../../datasets/names.js';
import type { SnapshotItem } from '../../datasets/snapshot-items.js';

/**
 * Why a version cannot be evaluated on images with these labels, and what would be right; null if it can. As in training, all labels
 * other than the positive label count as negative, but only if the positive label is present. Without positive images, an
 * unknown label could be a synonym for the positive class.
 *
 * @param classes the version's classes: [negative, positive]
 */
export function labelMappingProblem(classes: readonly string[], labels: readonly string[]): string | null {
  const [negative, positive] = classes;
  if (labels.length === 0) return 'There are no images to evaluate on.';
  const [spelled] = spellings([...classes, ...labels]);
  if (spelled) {
    return (
      `${shownSpellings(spelled)} are different spellings of one name, and would count as different labels. ` +
      `Create the snapshot with a class mapping to '${positive}' and '${negative}'.`
    );
  }
  if (labels.some((label) => label === positive)) return null;
  const foreign = labels.filter((label) => label !== negative);
  if (foreign.length === 0) return null;
  return (
    `The version distinguishes '${positive}' from '${negative}'. No image is labelled '${positive}', and some are labelled ` +
    `${foreign.map((label) => `'${label}'`).join(', ')}, which could be either class. Create the snapshot with a class mapping ` +
    `to '${positive}' and '${negative}'.`
  );
}

/** The items with their labels replaced by the version's two classes, as in a snapshot with only these two labels. */
export async function* withLabelsOf(
  classes: readonly [negative: string, positive: string],
  items: AsyncIterable<SnapshotItem> | Iterable<SnapshotItem>,
): AsyncGenerator<SnapshotItem> {
  const [negative, positive] = classes;
  for await (const item of items) yield { ...item, label: item.label === positive ? positive : negative };
}
