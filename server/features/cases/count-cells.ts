import type { Database } from '../../database/client.js';
import type { CellType } from '../../database/generated/enums.js';
import { blastTypes } from '../../decision/blast-types.js';
import { cellsWithNewestReview } from './cells-with-newest-review.js';
import { type KnownOfCell, knownOfCell, placeOfCell } from './place-of-cell.js';

/** The number of cells of a case by what is known about each: its newest review, or else the model's answer. */
export interface CaseCounts {
  /** All predictions, including those that are not cells. */
  cells: number;
  /** Inside the abstention band, and not reviewed. */
  needsReview: number;
  /** Unlike the training images, and not reviewed. */
  notRecognised: number;
  /** Of every lineage, as in the differential. */
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

const blasts: ReadonlySet<CellType | null> = new Set(blastTypes);

/**
 * The counts of each case, which the caller must have found for the user. Cases without predictions have no entry. The blasts are those of the
 * differential.
 */
export async function loadCountsOfCases(
  database: Database,
  caseIds: readonly string[],
): Promise<Map<string, CaseCounts>> {
  const kinds = await database.$queryRaw<(KnownOfCell & { id: string; count: number })[]>`
    SELECT c.id, ${knownOfCell}, count(*)::int AS count FROM ${cellsWithNewestReview}
    WHERE c.id = ANY(${[...caseIds]}::text[]) GROUP BY 1, 2, 3, 4, 5, 6`;
  const counts = new Map<string, CaseCounts>();
  for (const { id, count, ...known } of kinds) {
    const ofCase = counts.get(id) ?? { ...NO_CELLS };
    counts.set(id, ofCase);
    ofCase.cells += count;
    if (known.verdict !== null) ofCase.reviewed += count;
    const place = placeOfCell(known);
    if (place === 'needs review') ofCase.needsReview += count;
    else if (place === 'not recognised') ofCase.notRecognised += count;
    else if (place === 'not a cell') ofCase.notCells += count;
    else if (typeof place === 'object' && blasts.has(place.row)) ofCase.blasts += count;
  }
  return counts;
}
