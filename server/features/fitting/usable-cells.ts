import type { CellType } from '../../database/generated/enums.js';
import type { SeenData } from '../models/evaluations/seen-data.js';
import { FitExclusionReason } from './exclusion-reason.js';
import type { FitCounts } from './fit-counts.js';

interface Labelled {
  imageSha256: string;
  /** Box of the cell in the image. Missing or empty: the whole image. */
  region?: readonly number[];
  label: string;
  /** Patient: the group of a snapshot's item, or the case of a prediction. */
  group: string | null;
}

/** A labelled cell that a fit may use. */
export interface LabelledCell extends Labelled {
  /** The key of a snapshot's item, or the id of a reviewed prediction. */
  key: string;
  region: readonly number[];
  /** Square of the image that the network saw, which may reach beyond the image; empty: by the manifest's crop. */
  frame: readonly number[];
  originalLabel: string;
  /** The type that a reviewer named; null where the label of a snapshot is all that is known. */
  cellType: CellType | null;
}

/** Counts the cells that are left out, by reason. */
export type Exclusions = Map<FitExclusionReason, number>;

export function exclude(exclusions: Exclusions, reason: FitExclusionReason, count = 1): void {
  if (count > 0) exclusions.set(reason, (exclusions.get(reason) ?? 0) + count);
}

/**
 * Leaves out the cells that the version was trained with, those of patients in its training data, cells that occur several times
 * with different labels, and all but the first where the label is the same. Adds to `exclusions`.
 * @param training the training data of the version; null: unknown
 */
export function usableCells<Cell extends Labelled>(
  cells: readonly Cell[],
  training: SeenData | null,
  exclusions: Exclusions,
): Cell[] {
  const labelsOf = new Map<string, Set<string>>();
  for (const cell of cells) {
    const labels = labelsOf.get(placeOf(cell)) ?? new Set();
    labelsOf.set(placeOf(cell), labels.add(cell.label));
  }
  const used = new Set<string>();
  return cells.filter((cell) => {
    const place = placeOf(cell);
    const reason =
      (labelsOf.get(place)?.size ?? 0) > 1
        ? FitExclusionReason.CONFLICTING_LABELS
        : used.has(place)
          ? FitExclusionReason.SAME_CELL
          : training?.hasImage(cell.imageSha256)
            ? FitExclusionReason.TRAINING_IMAGE
            : cell.group !== null && training?.hasGroup(cell.group)
              ? FitExclusionReason.TRAINING_PATIENT
              : null;
    used.add(place);
    if (reason !== null) exclude(exclusions, reason);
    return reason === null;
  });
}

/** The image of a cell and its place in it. */
export function placeOf({ imageSha256, region = [] }: Pick<Labelled, 'imageSha256' | 'region'>): string {
  return `${imageSha256} ${region.join(' ')}`;
}

/** Counts the cells that are fitted. */
export function countCells(
  cells: readonly LabelledCell[],
  positiveLabel: string,
  exclusions: Exclusions,
): FitCounts {
  const positiveCount = cells.filter(({ label }) => label === positiveLabel).length;
  const patients = new Set(cells.flatMap(({ group }) => group ?? []));
  return {
    cellCount: cells.length,
    positiveCount,
    negativeCount: cells.length - positiveCount,
    patientCount: patients.size > 0 ? patients.size : null,
    withoutPatientCount: cells.filter(({ group }) => group === null).length,
    relabelledCount: cells.filter(({ label, originalLabel }) => label !== originalLabel).length,
    excluded: [...exclusions].map(([reason, count]) => ({ reason, count })),
  };
}
