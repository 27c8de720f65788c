import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { createThirdReading, lockDoubleReading } from './finish-reading.js';
import { findDoubleReading } from './load-double-readings.js';
import type { ReadingRow } from './load-readings.js';
import { keepCase } from './start-reading.js';

/**
 * Gives the viewer the cells on which two readers differ, to read blind: those that no third reader has decided. A viewer who has such a
 * reading already gets it again. Another one may start it too if the chosen third reader does not come to it: the first decision closes a
 * disagreement.
 * User errors: NOT_FOUND; FORBIDDEN for the two readers; CONFLICT if there is no open disagreement.
 */
export async function startThirdReading(
  context: RequestContext,
  doubleReadingId: string,
): Promise<{ reading: ReadingRow }> {
  const viewer = authorise(context, 'review');
  const found = await findDoubleReading(context, doubleReadingId);
  if (!found) throw noSuchDoubleReading();
  const reading = await context.database.$transaction(async (tx) => {
    // The case first, as its erasure does.
    const casePseudonym = await keepCase(tx, found.caseId);
    const double = await lockDoubleReading(tx, doubleReadingId);
    if (!double) throw noSuchDoubleReading(); // its case was erased at this moment
    const own = await tx.reading.findMany({ where: { doubleReadingId, readerId: viewer.id } });
    if (own.some(({ part }) => part !== 'THIRD')) throw isOneOfTheTwo();
    const open = own.find(({ finishedAt }) => finishedAt === null);
    if (open) return open;
    const of = { ...double, createdById: viewer.id };
    const created = await createThirdReading(tx, context, of, viewer.id, casePseudonym);
    if (!created) throw nothingOpen();
    return created;
  });
  return { reading };
}

function noSuchDoubleReading() {
  return userError(UserErrorCode.NOT_FOUND, 'There is no such double reading.', ['doubleReadingId']);
}

function isOneOfTheTwo() {
  const message = 'You are one of the two readers. Somebody else decides on the cells on which you differ.';
  return userError(UserErrorCode.FORBIDDEN, message, ['doubleReadingId']);
}

function nothingOpen() {
  const message =
    'There is no cell to decide on: both readers must have finished, and a third reader has not yet decided where they differ.';
  return userError(UserErrorCode.CONFLICT, message, ['doubleReadingId']);
}
