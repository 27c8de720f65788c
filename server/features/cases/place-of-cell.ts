import type { CellType, PredictionOutcome, ReviewVerdict } from '../../database/generated/enums.js';
import { Prisma } from '../../database/generated/client.js';
import { modelCellType } from './model-cell-type.js';

/** What is known about a cell: its newest review, or else the model's answer. */
export interface KnownOfCell {
  /** Of the newest review; null if there is none. */
  verdict: ReviewVerdict | null;
  cellType: CellType | null;
  /** The positive label of the newest review, or else of the model. */
  isPositive: boolean;
  outcome: PredictionOutcome;
  /** The type that the model named. */
  named: string | null;
}

/** The columns of {@link KnownOfCell}, of the rows of `cellsWithNewestReview`. */
export const knownOfCell = Prisma.sql`
  newest.verdict, newest."cellType", coalesce(newest.label, p.label) = v."positiveLabel" AS "isPositive", p.outcome, p."cellType" AS named`;

/** Where a cell is counted: in the row of a type (null: another cell whose type is not stated), or apart from the white cells. */
export type Place =
  | { row: CellType | null }
  | 'erythroblast'
  | 'smudge cell'
  | 'not a cell'
  | 'undecided'
  | 'needs review'
  | 'not recognised';

/** Where a cell is counted, everywhere in the app. */
export function placeOfCell({ verdict, cellType, isPositive, outcome, named }: KnownOfCell): Place {
  if (verdict === 'NOT_A_CELL') return 'not a cell';
  if (verdict === 'CANNOT_TELL') return 'undecided';
  if (verdict === null && outcome === 'INDETERMINATE') return 'needs review';
  if (verdict === null && outcome === 'OUT_OF_DISTRIBUTION') return 'not recognised';
  const stated = verdict !== null ? cellType : named === null ? null : modelCellType(named);
  if (stated === 'ERYTHROBLAST') return 'erythroblast';
  if (stated === 'SMUDGE_CELL') return 'smudge cell';
  return { row: stated ?? (isPositive ? 'BLAST' : null) };
}
