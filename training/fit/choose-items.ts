import type { Manifest } from '../../server/artifact/manifest.js';
import { readTrainingData } from '../../server/artifact/training-data.js';
import type { SnapshotItem } from '../../server/features/datasets/snapshot-items.js';
import type { CellChoice } from './fit-artifact.js';

/** Labelled images that a version may be fitted to, and why others are left out. */
export interface ChosenItems extends CellChoice {
  items: SnapshotItem[];
}

/**
 * Leaves out the images that the base version was trained with and the images of patients in its training data, images that occur with
 * different labels, and all but one of equal images. A patient is recognised by the name of the group.
 */
export function chooseItems(
  { provenance: { trainingData } }: Pick<Manifest, 'provenance'>,
  items: readonly SnapshotItem[],
): ChosenItems {
  const known = trainingData ? readTrainingData(trainingData) : null;
  const ofTraining = items.filter(({ imageSha256 }) => known?.hasImage(imageSha256));
  const ofPatients = items.filter(
    ({ imageSha256, group }) => !known?.hasImage(imageSha256) && group !== null && known?.hasGroup(group),
  );
  const labelsOf = new Map<string, Set<string>>();
  for (const { imageSha256, label } of items)
    labelsOf.set(imageSha256, (labelsOf.get(imageSha256) ?? new Set()).add(label));
  const conflicting = items.filter(({ imageSha256 }) => (labelsOf.get(imageSha256)?.size ?? 0) > 1);
  const leftOut = new Set([...ofTraining, ...ofPatients, ...conflicting]);
  const chosen = new Map(
    items.filter((item) => !leftOut.has(item)).map((item) => [item.imageSha256, item] as const),
  );
  return {
    items: [...chosen.values()],
    excluded: { trainingImages: ofTraining.length, trainingPatients: ofPatients.length },
    warnings: [
      ...(known
        ? []
        : [
            'The base version does not state its training data, so cells and patients that it was trained on may be among the fitted ones. The figures are then too optimistic.',
          ]),
      ...(conflicting.length > 0
        ? [`${conflicting.length} images were left out, because the same image occurs with different labels.`]
        : []),
    ],
  };
}
