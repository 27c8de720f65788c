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
  modelVersionId: string;
  imageSha256: string;
  region: number[];
  frame: number[];
  caseReference: string | null;
}

/** Images whose reviews are read in one statement. */
const PAGE = 10_000;

/**
 * All cells with a review that gives a label and matches the filter, ordered by `predictionId`. The final label is that of the newest
 * review, whether or not that review matches too: a cell that was drawn at random gets a label that was corrected later. Cells whose
 * newest review gives no label are left out.
 * @param page images whose reviews are in memory at the same time
 */
export async function reviewedCells(
  database: Database,
  filter: ReviewFilter,
  page = PAGE,
): Promise<ReviewedCell[]> {
  const classesOf = new Map(
    (await database.modelVersion.findMany({ select: { id: true, classes: true } })).map(({ id, classes }) => [
      id,
      classes.toSorted().join(', '),
    ]),
  );
  const cells: ReviewedCell[] = [];
  for (let after = ''; ;) {
    const images = await reviewedImages(database, filter, after, page);
    const rows = await reviewsOf(database, filter, images);
    const rowsOfCell = rowsByKey(rows, ({ imageSha256, region }) => `${imageSha256} ${region.join()}`);
    for (const of of rowsOfCell.values()) cells.push(...cellOf(of, classesOf));
    const last = images.at(-1);
    if (last === undefined || images.length < page) break;
    after = last;
  }
  return cells.sort((a, b) => (a.predictionId < b.predictionId ? -1 : 1));
}

/** The next images after one, in the order of their SHA-256, with a prediction that the filter chooses. */
async function reviewedImages(
  database: Database,
  filter: ReviewFilter,
  after: string,
  page: number,
): Promise<string[]> {
  const rows = await database.$queryRaw<{ imageSha256: string }[]>`
    SELECT DISTINCT p."imageSha256" FROM "Prediction" p
    WHERE ${isChosen(filter)} AND p."imageSha256" > ${after} ORDER BY p."imageSha256" LIMIT ${page}`;
  return rows.map(({ imageSha256 }) => imageSha256);
}

/** All reviews that were not withdrawn of the predictions of these images that the filter chooses, oldest first. */
async function reviewsOf(
  database: Database,
  filter: ReviewFilter,
  images: readonly string[],
): Promise<Row[]> {
  return database.$queryRaw<Row[]>`
    SELECT r.id AS "reviewId", r."reviewerId", r.verdict, r.label, r.origin, ${matches(filter)} AS matches,
      p.id AS "predictionId", p."modelVersionId", p."imageSha256", p.region, p.frame, p."caseReference"
    FROM "Prediction" p JOIN "Review" r ON r."predictionId" = p.id AND r."withdrawnAt" IS NULL
    WHERE p."imageSha256" = ANY(${images}) AND ${isChosen(filter)}
    ORDER BY r."createdAt", r.id`;
}

/** The condition that "Prediction" p has a review that matches, and is of the version and the sites of the filter. */
function isChosen(filter: ReviewFilter): Prisma.Sql {
  return Prisma.sql`p.id IN (SELECT r."predictionId" FROM "Review" r WHERE ${matches(filter)})
    AND (${filter.modelVersionId}::text IS NULL OR p."modelVersionId" = ${filter.modelVersionId})
    AND (${filter.siteId}::text IS NULL OR p."siteId" = ${filter.siteId})
    AND ${isOfVisibleSites(limitsOf(filter), Prisma.sql`p."siteId"`)}`;
}

/** The condition that "Review" r gives a label, was not withdrawn, and is of the origins and the time of the filter. */
function matches({ origins, from, to }: ReviewFilter): Prisma.Sql {
  return Prisma.sql`(r.verdict = 'LABEL' AND r."withdrawnAt" IS NULL AND r.origin = ANY(${origins}::"ReviewOrigin"[])
    AND r."createdAt" >= coalesce(${from}::timestamptz, '-infinity')
    AND r."createdAt" < coalesce(${to}::timestamptz, 'infinity'))`;
}

function limitsOf({ visibleSites }: ReviewFilter): SiteLimits {
  return visibleSites === null ? ALL_SITES : { siteIds: visibleSites, seesAllSites: false };
}

/** @param rows the reviews of one cell, oldest first */
function cellOf(rows: readonly Row[], classesOf: ReadonlyMap<string, string>): ReviewedCell[] {
  const final = labellingReview(rows);
  if (!final) return [];
  const { predictionId, label, imageSha256, region, frame, caseReference } = final.review;
  const cell = {
    predictionId,
    label,
    imageSha256,
    frame: region.length === 0 ? [] : frame,
    caseReference,
    predictionIds: unique(rows.map((row) => row.predictionId)),
    caseReferences: unique(rows.flatMap((row) => row.caseReference ?? [])),
    reviewIds: rows.filter(({ verdict }) => verdict === 'LABEL').map(({ reviewId }) => reviewId),
    origins: unique(rows.filter((row) => row.matches).map(({ origin }) => origin)),
    classLists: unique(rows.map(({ modelVersionId }) => classesOf.get(modelVersionId) ?? '')),
    isDisputed: final.isDisputed,
  };
  return [cell];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
