import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';
import { newId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import type { DoubleReadingRow } from './load-double-readings.js';
import { findReading, type ReadingRow } from './load-readings.js';
import { findOpenDisagreements } from './open-disagreements.js';
import { createReading, keepCase } from './start-reading.js';

/**
 * Finishes a reading of the viewer: its decisions stay, and a blind one shows the answers. A reading of a double reading must be decided
 * completely. If it is the second one to be finished, the chosen third reader gets the cells on which the two differ.
 * User errors: NOT_FOUND; CONFLICT for cells of a double reading that are not decided. Finishing again changes nothing.
 */
export async function finishReading(context: RequestContext, id: string): Promise<{ reading: ReadingRow }> {
  authorise(context, 'review');
  const found = await findReading(context, id);
  if (!found) throw userError(UserErrorCode.NOT_FOUND, 'There is no such reading.', ['id']);
  const reading = await context.database.$transaction(async (tx) => {
    // The case first, as its erasure does.
    const casePseudonym = found.caseId === null ? undefined : await keepCase(tx, found.caseId);
    const double = found.doubleReadingId === null ? null : await lockDoubleReading(tx, found.doubleReadingId);
    const [locked] = await tx.$queryRaw<{ finishedAt: Date | null }[]>`
      SELECT "finishedAt" FROM "Reading" WHERE id = ${id} FOR NO KEY UPDATE`;
    if (!locked) throw userError(UserErrorCode.NOT_FOUND, 'There is no such reading.', ['id']);
    if (locked.finishedAt !== null) return { ...found, finishedAt: locked.finishedAt };
    // After the lock, so that a withdrawal that held it is counted.
    const undecided = await tx.readingCell.count({ where: { readingId: id, reviewId: null } });
    if (double && undecided > 0) throw undecidedLeft(undecided);
    const finished = await tx.reading.update({ where: { id }, data: { finishedAt: await databaseTime(tx) } });
    await recordAuditEvent(tx, context, {
      action: AuditAction.READING_FINISHED,
      entityId: id,
      casePseudonym,
      detail: undecided > 0 ? `${undecided} cells were not decided.` : undefined,
    });
    if (double?.thirdReaderId != null && found.part !== 'THIRD')
      await createThirdReading(tx, context, double, double.thirdReaderId, casePseudonym);
    return finished;
  });
  return { reading };
}

/** Locks a double reading, so that one of its readings is finished, or started, after the other. */
export async function lockDoubleReading(tx: Transaction, id: string): Promise<DoubleReadingRow | null> {
  const [locked] = await tx.$queryRaw<DoubleReadingRow[]>`
    SELECT id, "caseId", "createdById", "thirdReaderId", "createdAt" FROM "DoubleReading" WHERE id = ${id} FOR NO KEY UPDATE`;
  return locked ?? null;
}

/**
 * Creates the reading of a third reader with the open disagreements. Null if there are none. The double reading must be locked.
 * @param casePseudonym of the case, for the audit trail
 */
export async function createThirdReading(
  tx: Transaction,
  context: RequestContext,
  { id: doubleReadingId, caseId, createdById }: DoubleReadingRow,
  readerId: string,
  casePseudonym: string | undefined,
): Promise<ReadingRow | null> {
  const predictionIds = await findOpenDisagreements(tx, doubleReadingId);
  if (predictionIds.length === 0) return null;
  const part = 'THIRD';
  // Whether a cell is among these depends on its labels, so they are not a random sample.
  const data = { id: newId('read'), readerId, createdById, caseId, blind: true, origin: 'WORKLIST' } as const;
  const created = await createReading(tx, { ...data, doubleReadingId, part }, predictionIds);
  await recordAuditEvent(tx, context, {
    action: AuditAction.READING_STARTED,
    entityId: created.id,
    casePseudonym,
    detail: `Third reading of ${doubleReadingId}, by ${readerId}.`,
  });
  return created;
}

function undecidedLeft(count: number) {
  const cells = count === 1 ? 'one cell' : `${count} cells`;
  const message =
    `You have not decided on ${cells} of this reading, and all of them must be decided. ` +
    'If you cannot tell what a cell is, say so.';
  return userError(UserErrorCode.CONFLICT, message, ['id']);
}
