import type { Manifest } from '../../../artifact/manifest.js';
import type { Database } from '../../../database/client.js';
import { rowsByKey } from '../../../api/batched.js';
import { labellingReview } from '../../reviews/final-review.js';
import { FitExclusionReason } from '../exclusion-reason.js';
import { exclude, type Exclusions, type LabelledCell } from '../usable-cells.js';

/**
 * What second looks change: the final labels of the items of a snapshot, by key, and null for an item that is not fitted. For reviewed
 * predictions only those that are not fitted, by id, because their second labels are reviews.
 */
export type SecondLabels = Readonly<Record<string, string | null>>;

/**
 * What all second looks change in the labels of the items of a snapshot. Adds the items that have no label now, or that reviewers
 * label differently, to `exclusions`.
 */
export async function secondLabelsOf(
  database: Database,
  snapshotId: string,
  cells: readonly LabelledCell[],
  { classes, positiveLabel }: Pick<Manifest, 'classes' | 'positiveLabel'>,
  exclusions: Exclusions,
): Promise<SecondLabels> {
  const rows = await database.secondLookCell.findMany({
    where: { snapshotId, verdict: { not: null } },
    orderBy: [{ reviewedAt: 'asc' }, { secondLookId: 'asc' }],
    select: { key: true, verdict: true, secondLabel: true, reviewerId: true },
  });
  const labels = new Map(cells.map(({ key, label }) => [key, label]));
  const changed: Record<string, string | null> = {};
  for (const [key, ofItem] of rowsByKey(rows, (row) => row.key)) {
    const label = key === null ? undefined : labels.get(key);
    if (key === null || label === undefined) continue;
    const final = labellingReview(
      ofItem.map(({ verdict, secondLabel, reviewerId }) => ({
        verdict: verdict ?? 'CANNOT_TELL',
        ...{ label: secondLabel ?? '', reviewerId: reviewerId ?? '' },
      })),
    );
    const second = final?.review.label ?? '';
    const reason = !final
      ? FitExclusionReason.NO_LABEL
      : final.isDisputed
        ? FitExclusionReason.CONFLICTING_LABELS
        : !classes.includes(second)
          ? FitExclusionReason.OTHER_LABEL
          : null;
    if (reason !== null) {
      exclude(exclusions, reason);
      changed[key] = null;
    } else if ((label === positiveLabel) !== (second === positiveLabel)) changed[key] = second;
  }
  return changed;
}

/** Those of the reviewed predictions without a final label that have been labelled again in a second look. */
export async function leftOutSince(
  database: Database,
  predictionIds: readonly string[],
): Promise<SecondLabels> {
  const rows = await database.secondLookCell.findMany({
    where: { predictionId: { in: [...predictionIds] }, verdict: { not: null } },
    select: { predictionId: true },
  });
  return Object.fromEntries(
    rows.flatMap(({ predictionId }) => (predictionId === null ? [] : [[predictionId, null]])),
  );
}

/** The cells with their final labels, without those that have none. */
export function withSecondLabels(cells: readonly LabelledCell[], second: SecondLabels): LabelledCell[] {
  return cells.flatMap((cell) => {
    const label = Object.hasOwn(second, cell.key) ? second[cell.key] : cell.label;
    return label == null ? [] : [{ ...cell, label }];
  });
}
