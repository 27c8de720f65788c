import type { RequestContext, Viewer } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';
import { findCell, findReading, type ReadingCellRow, type ReadingRow } from './load-readings.js';

/** Names a cell of a reading. */
export interface PlaceInReading {
  readingId: string;
  place: number;
}

/** A cell of one of the viewer's open readings. Throws the user error NOT_FOUND, or CONFLICT if the reading is finished. */
export async function findCellToDecideOn(
  context: RequestContext,
  viewer: Viewer,
  { readingId, place }: PlaceInReading,
): Promise<{ reading: ReadingRow; cell: ReadingCellRow }> {
  const reading = await findReading(context, readingId);
  if (!reading) throw userError(UserErrorCode.NOT_FOUND, 'There is no such reading.', ['input', 'readingId']);
  if (reading.finishedAt !== null) throw isFinished();
  const cell = await findCell(context.database, readingId, place, viewer);
  if (!cell) throw noSuchCell();
  return { reading, cell };
}

/** Keeps the reading open until the end of the transaction. Throws the user error CONFLICT if it is finished. */
export async function keepOpen(tx: Transaction, readingId: string): Promise<void> {
  const [reading] = await tx.$queryRaw<{ finishedAt: Date | null }[]>`
    SELECT "finishedAt" FROM "Reading" WHERE id = ${readingId} FOR SHARE`;
  if (!reading) throw noSuchCell(); // its case was erased at this moment
  if (reading.finishedAt !== null) throw isFinished();
}

export function noSuchCell() {
  return userError(UserErrorCode.NOT_FOUND, 'The reading has no such cell.', ['input', 'place']);
}

function isFinished() {
  const message =
    'The reading is finished, so its decisions stay as they are. Review the cell on the page of its prediction.';
  return userError(UserErrorCode.CONFLICT, message, ['input', 'readingId']);
}
