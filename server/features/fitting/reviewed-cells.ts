import type { SiteLimits } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import type { CellType } from '../../database/generated/enums.js';
import { UNBIASED_ORIGINS } from '../datasets/review-filter.js';
import { conditionsOf, wholeCondition } from '../predictions/prediction-filter.js';
import type { PredictionFilter } from '../predictions/types.js';
import { labellingReview } from '../reviews/final-review.js';
import { loadReviewsOfPredictions, type ReviewRow } from '../reviews/load-reviews.js';
import { FitExclusionReason } from './exclusion-reason.js';

/** The result of all reviews of one prediction. */
export interface ReviewedLabel {
  /** The newest label. */
  label: string;
  /** The first label that a reviewer gave. */
  originalLabel: string;
  /** The newest cell type that a reviewer named. */
  cellType: CellType | null;
}

/** A reviewed prediction: its cell, and its label or why it has none. */
export interface ReviewedCell {
  predictionId: string;
  imageSha256: string;
  /** Box of the cell in the image; empty: the whole image. */
  region: number[];
  /** Square of the image that the network saw; empty: by the manifest's crop. */
  frame: number[];
  caseReference: string | null;
  /** Whether the cell was chosen for its review without regard to the prediction. */
  isRepresentative: boolean;
  result: ReviewedLabel | FitExclusionReason.CONFLICTING_LABELS | FitExclusionReason.NO_LABEL;
}

const PAGE = 5000;

/**
 * The reviewed predictions that match a filter, of the sites that the user sees, in the order of their ids.
 * @param limit the largest number that is returned
 * @throws what `checkFilter` throws
 */
export async function reviewedCells(
  database: Database,
  filter: PredictionFilter,
  limits: SiteLimits,
  limit: number,
): Promise<ReviewedCell[]> {
  const matching = wholeCondition(await conditionsOf(database, filter, limits));
  const cells: ReviewedCell[] = [];
  let after = '';
  while (cells.length < limit) {
    const size = Math.min(PAGE, limit - cells.length);
    const rows = await database.$queryRaw<
      (Omit<ReviewedCell, 'predictionId' | 'isRepresentative' | 'result'> & { id: string })[]
    >(
      Prisma.sql`SELECT p.id, p."imageSha256", p.region, p.frame, p."caseReference" FROM "Prediction" p
        WHERE ${matching} AND p.reviewed AND p.id > ${after} ORDER BY p.id LIMIT ${size}`,
    );
    const ids = rows.map(({ id }) => id);
    const reviews = await loadReviewsOfPredictions(database, ids);
    for (const { id, ...row } of rows) {
      const own = reviews.get(id) ?? [];
      const labels = own.filter(({ verdict }) => verdict === 'LABEL');
      const isRepresentative = labels.some(({ origin }) => UNBIASED_ORIGINS.includes(origin));
      cells.push({ ...row, predictionId: id, isRepresentative, result: resultOf(own) });
    }
    const last = ids.at(-1);
    if (last === undefined || ids.length < size) break;
    after = last;
  }
  return cells;
}

/** The label that the reviews of a prediction give, oldest review first, by `labellingReview`. A disputed cell is in conflict. */
export function resultOf(
  reviews: readonly Pick<ReviewRow, 'reviewerId' | 'verdict' | 'label' | 'cellType'>[],
): ReviewedCell['result'] {
  const final = labellingReview(reviews);
  if (!final) return FitExclusionReason.NO_LABEL;
  if (final.isDisputed) return FitExclusionReason.CONFLICTING_LABELS;
  const { label } = final.review;
  const labels = reviews.filter(({ verdict }) => verdict === 'LABEL');
  return {
    label,
    originalLabel: labels[0]?.label ?? label,
    cellType: labels.findLast(({ cellType }) => cellType !== null)?.cellType ?? null,
  };
}
