import type { Database } from '../../database/client.js';
import { cellsWithNewestReview } from './cells-with-newest-review.js';

/** The number of cells of a case by what is known about each: its newest review, or else the model's answer. */
export interface CaseCounts {
  /** All predictions, including those that are not cells. */
  cells: number;
  /** Inside the abstention band, and not reviewed. */
  needsReview: number;
  /** Unlike the training images, and not reviewed. */
  notRecognised: number;
  /** With the positive label: of the newest review that gives one, otherwise of the model, unless it withheld its answer. */
  blasts: number;
  /** With at least one review. */
  reviewed: number;
  /** Whose newest review says that the image shows no cell. */
  notCells: number;
}

export const NO_CELLS: CaseCounts = {
  cells: 0,
  needsReview: 0,
  notRecognised: 0,
  blasts: 0,
  reviewed: 0,
  notCells: 0,
};

/**
 * The counts of each case, which the caller must have found for the user. Cases without predictions have no entry. A cell is not a blast
 * while its newest review says that it is not a cell, or that the reviewer cannot tell.
 */
export async function loadCountsOfCases(
  database: Database,
  caseIds: readonly string[],
): Promise<Map<string, CaseCounts>> {
  const rows = await database.$queryRaw<(CaseCounts & { id: string })[]>`
    SELECT c.id, count(*)::int AS cells,
      count(*) FILTER (WHERE p.outcome = 'INDETERMINATE' AND NOT p.reviewed)::int AS "needsReview",
      count(*) FILTER (WHERE p.outcome = 'OUT_OF_DISTRIBUTION' AND NOT p.reviewed)::int AS "notRecognised",
      count(*) FILTER (WHERE CASE WHEN p.reviewed THEN newest.verdict = 'LABEL' AND newest.label = v."positiveLabel"
        ELSE p.outcome = 'CLASSIFIED' AND p.label = v."positiveLabel" END)::int AS blasts,
      count(*) FILTER (WHERE p.reviewed)::int AS reviewed,
      count(*) FILTER (WHERE newest.verdict = 'NOT_A_CELL')::int AS "notCells"
    FROM ${cellsWithNewestReview}
    WHERE c.id = ANY(${[...caseIds]}::text[]) GROUP BY c.id`;
  return new Map(rows.map(({ id, ...counts }) => [id, counts]));
}
