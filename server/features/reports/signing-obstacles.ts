import type { DatabaseOrTransaction } from '../../database/client.js';
import { isBeingClassified } from '../bulk/is-being-classified.js';
import type { CaseRow } from '../cases/load-cases.js';
import type { Differential } from '../differential/types.js';
import { countOpenDisagreements } from '../readings/open-disagreements.js';
import type { ReportContent } from './report-content.js';

/**
 * What still prevents signing a report, in sentences that say what to do; none: it can be signed.
 * @param toReview the numbers of cells that need a review first
 */
export async function signingObstacles(
  database: DatabaseOrTransaction,
  of: CaseRow,
  { differential, conclusion, fewCellsReason, cells }: ReportContent,
  toReview: Differential['toReview'],
): Promise<string[]> {
  if (cells.count === 0) return ['The case has no cells yet.'];
  const { whiteCells, minimumCells } = differential;
  const obstacles: string[] = [];
  if (await isBeingClassified(database, of))
    obstacles.push('A folder of this case is still being classified. Wait until it has ended, or cancel it.');
  if (toReview.blasts > 0)
    obstacles.push(`Review ${cellsText(toReview.blasts)} that the model counts as blasts.`);
  if (toReview.needsReview > 0)
    obstacles.push(`Review ${cellsText(toReview.needsReview)} with “needs review”.`);
  if (toReview.notRecognised > 0)
    obstacles.push(`Review ${cellsText(toReview.notRecognised)} with “not recognised”.`);
  const disagreements = await countOpenDisagreements(database, of.id);
  if (disagreements > 0)
    obstacles.push(`Two readers differ on ${cellsText(disagreements)}. A third reader must decide.`);
  if (whiteCells < minimumCells && fewCellsReason === '') {
    obstacles.push(
      `The differential has ${whiteCells} of at least ${minimumCells} white cells. Add cells, or give the reason why fewer are enough, which the report then states.`,
    );
  }
  if (conclusion === '') obstacles.push('Write a conclusion.');
  return obstacles;
}

function cellsText(count: number): string {
  return count === 1 ? '1 cell' : `${count} cells`;
}
