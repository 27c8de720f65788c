import { rowsByKey } from '../../api/batched.js';
import { ALL_SITES, type SiteLimits } from '../../api/visible-sites.js';
import { isOfVisibleSites } from '../../api/visible-sites-sql.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import type { ReviewOrigin, ReviewVerdict } from '../../database/generated/enums.js';
import type { ReviewFilter } from '../datasets/review-filter.js';
import { labellingReview } from '../reviews/final-review.js';

/** A cell with a final label: an image, or a region of one, however many predictions it has. */
export interface ReviewedCell {
  /** The prediction whose review gave the final label. */
  predictionId: string;
  label: string;
  imageSha256: string;
  /** Part of the image that the network saw; empty: the cell is the whole image. */
  frame: number[];
  caseReference: string | null;
  /** All predictions of the cell that match the filter. */
  predictionIds: string[];
  /** All case references of these predictions. */
  caseReferences: string[];
  /** All reviews with a label, of these predictions. */
  reviewIds: string[];
  /** The origins of the reviews that match the filter. */
  origins: ReviewOrigin[];
  /** The classes of the versions that made the predictions, one text for each list of classes. */
  classLists: string[];
  /** Whether the newest review of a reviewer is something other than the final label. */
  isDisputed: boolean;
}

interface Row {
  reviewId: string;
  reviewerId: string;
  verdict: ReviewVerdict;
  label: string;
  origin: ReviewOrigin;
  matches: boolean;
  predictionId: string;
  imageSha256: string;
  region: number[];
  frame: number[];
  caseReference: string | null;
  classes: string[];
}

/**
 * All cells with a review that gives a label and matches the filter, ordered by `predictionId`. The final label is that of the newest
 * review, whether or not that review matches too: a cell that was drawn at random gets a label that was corrected later. Cells whose
 * newest review gives no label are left out.
 */
export async function reviewedCells(database: Database, filter: ReviewFilter): Promise<ReviewedCell[]> {
  const matches = Prisma.sql`(r.verdict = 'LABEL' AND r.origin = ANY(${filter.origins}::"ReviewOrigin"[])
    AND r."createdAt" >= coalesce(${filter.from}::timestamptz, '-infinity')
    AND r."createdAt" < coalesce(${filter.to}::timestamptz, 'infinity'))`;
  const rows = await database.$queryRaw<Row[]>`
    SELECT r.id AS "reviewId", r."reviewerId", r.verdict, r.label, r.origin, ${matches} AS matches,
      p.id AS "predictionId", p."imageSha256", p.region, p.frame, p."caseReference", v.classes
    FROM "Review" r JOIN "Prediction" p ON p.id = r."predictionId" JOIN "ModelVersion" v ON v.id = p."modelVersionId"
    WHERE p.id IN (SELECT r."predictionId" FROM "Review" r WHERE ${matches})
      AND (${filter.modelVersionId}::text IS NULL OR p."modelVersionId" = ${filter.modelVersionId})
      AND (${filter.siteId}::text IS NULL OR p."siteId" = ${filter.siteId})
      AND ${isOfVisibleSites(limitsOf(filter), Prisma.sql`p."siteId"`)}
    ORDER BY r."createdAt", r.id`;
  const rowsOfCell = rowsByKey(rows, ({ imageSha256, region }) => `${imageSha256} ${region.join()}`);
  return [...rowsOfCell.values()]
    .flatMap((of) => cellOf(of) ?? [])
    .sort((a, b) => (a.predictionId < b.predictionId ? -1 : 1));
}

function limitsOf({ visibleSites }: ReviewFilter): SiteLimits {
  return visibleSites === null ? ALL_SITES : { siteIds: visibleSites, seesAllSites: false };
}

/** @param rows the reviews of one cell, oldest first */
function cellOf(rows: readonly Row[]): ReviewedCell | null {
  const final = labellingReview(rows);
  if (!final) return null;
  const { predictionId, label, imageSha256, region, frame, caseReference } = final.review;
  return {
    predictionId,
    label,
    imageSha256,
    frame: region.length === 0 ? [] : frame,
    caseReference,
    predictionIds: unique(rows.map((row) => row.predictionId)),
    caseReferences: unique(rows.flatMap((row) => row.caseReference ?? [])),
    reviewIds: rows.filter(({ verdict }) => verdict === 'LABEL').map(({ reviewId }) => reviewId),
    origins: unique(rows.filter((row) => row.matches).map(({ origin }) => origin)),
    classLists: unique(rows.map(({ classes }) => classes.toSorted().join(', '))),
    isDisputed: final.isDisputed,
  };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
