import { shownSpellings, spellings } from '../../datasets/names.js';
import type { SnapshotItem } from '../../datasets/snapshot-items.js';

/**
 * Why a version cannot be evaluated on images with these labels, in a sentence that says what would be right; null where
 * it can. As in training, the positive label stands against everything else: but only where the positive label is there.
 * Without it nobody has said that another word than the negative class's own is not just another word for the positive.
 *
 * @param classes [negative, positive], of the version
 */
export function labelMappingProblem(classes: readonly string[], labels: readonly string[]): string | null {
  const [negative, positive] = classes;
  if (labels.length === 0) return 'There are no images to evaluate on.';
  const [spelled] = spellings([...classes, ...labels]);
  if (spelled) {
    return (
      `${shownSpellings(spelled)} are one name in different spellings, and would count as different labels. ` +
      `Map the folders to '${positive}' and '${negative}' (the classes of createDatasetSnapshot).`
    );
  }
  if (labels.some((label) => label === positive)) return null;
  const foreign = labels.filter((label) => label !== negative);
  if (foreign.length === 0) return null;
  return (
    `The version tells '${positive}' from '${negative}', and no image is labelled '${positive}' while some are labelled ` +
    `${foreign.map((label) => `'${label}'`).join(', ')}: which of the two that is cannot be known. Map the folders to ` +
    `'${positive}' and '${negative}' (the classes of createDatasetSnapshot).`
  );
}

/** The items under the labels of a version's classes: as a snapshot with just these two labels has them. */
export async function* withLabelsOf(
  classes: readonly [negative: string, positive: string],
  items: AsyncIterable<SnapshotItem> | Iterable<SnapshotItem>,
): AsyncGenerator<SnapshotItem> {
  const [negative, positive] = classes;
  for await (const item of items) yield { ...item, label: item.label === positive ? positive : negative };
}
