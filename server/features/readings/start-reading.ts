import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import { newId } from '../../database/ids.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { chooseCellsToRead } from './choose-cells-to-read.js';
import type { ReadingRow } from './load-readings.js';
import type { StartReadingInput } from './types.js';

/**
 * Chooses cells for the viewer to read, and keeps the list.
 * @throws what {@link chooseCellsToRead} throws
 */
export async function startReading(
  context: RequestContext,
  { filter, order, count, blind }: StartReadingInput,
): Promise<{ reading: ReadingRow }> {
  const viewer = authorise(context, 'review');
  const id = newId('read');
  const chosen = await chooseCellsToRead(context, viewer, { filter, order, count, blind, seed: id });
  const caseId = filter.caseId ?? null;
  const reading = await context.database.$transaction(async (tx) => {
    const pseudonym = caseId === null ? undefined : await keepCase(tx, caseId);
    const created = await createReading(
      tx,
      { id, readerId: viewer.id, createdById: viewer.id, caseId, blind, origin: chosen.origin },
      chosen.predictionIds,
    );
    await recordAuditEvent(tx, context, {
      action: AuditAction.READING_STARTED,
      entityId: id,
      casePseudonym: pseudonym,
      detail: `${chosen.predictionIds.length} cells, origin ${chosen.origin}${blind ? ', blind' : ''}.`,
    });
    return created;
  });
  return { reading };
}

/** Creates a reading with its cells in this order, without those that were erased at this moment. */
export async function createReading(
  tx: Transaction,
  data: Prisma.ReadingUncheckedCreateInput,
  predictionIds: readonly string[],
): Promise<ReadingRow> {
  const reading = await tx.reading.create({ data });
  await tx.$executeRaw`
    INSERT INTO "ReadingCell" ("readingId", place, "predictionId")
    SELECT ${data.id}, chosen.place - 1, p.id
    FROM unnest(${[...predictionIds]}::text[]) WITH ORDINALITY AS chosen (id, place)
    JOIN "Prediction" p ON p.id = chosen.id ORDER BY chosen.place`;
  return reading;
}

/**
 * Keeps a case from being erased until the end of the transaction, and returns its pseudonym in the audit trail.
 * @throws the user error NOT_FOUND if it was erased at this moment
 */
export async function keepCase(tx: Transaction, caseId: string): Promise<string | undefined> {
  const [kept] = await tx.$queryRaw<{ reference: string }[]>`
    SELECT reference FROM "Case" WHERE id = ${caseId} FOR KEY SHARE`;
  if (!kept) throw userError(UserErrorCode.NOT_FOUND, 'There is no such case.', ['input']);
  return (await casePseudonym(tx, kept.reference)) ?? undefined;
}
