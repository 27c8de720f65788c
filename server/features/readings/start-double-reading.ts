import { requireId } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { newId } from '../../database/ids.js';
import { randomFrom, shuffle } from '../../imaging/seeded-random.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { findCaseIdentity } from '../case-identity/find-case-identity.js';
import { chooseCellsToRead } from './choose-cells-to-read.js';
import type { DoubleReadingRow } from './load-double-readings.js';
import { readersOfSite } from './possible-readers.js';
import { createReading, keepCase } from './start-reading.js';
import type { StartDoubleReadingInput } from './types.js';

/**
 * Gives two readers the same cells of a case, all or drawn at random, each in their own random order, to read blind.
 * User errors: NOT_FOUND for a case that the user does not see; INVALID for readers who are not two different people, or who may not review
 * the cells of the case, and for a wrong number of cells.
 */
export async function startDoubleReading(
  context: RequestContext,
  { caseId, readerIds, thirdReaderId = null, count }: StartDoubleReadingInput,
): Promise<{ doubleReading: DoubleReadingRow }> {
  const viewer = authorise(context, 'review');
  requireId('case', caseId, ['input', 'caseId']);
  const found = await findCaseIdentity(context.database, caseId, viewer);
  if (!found) throw userError(UserErrorCode.NOT_FOUND, 'There is no such case.', ['input', 'caseId']);
  const [first, second] = readerIds;
  if (first === undefined || second === undefined || readerIds.length !== 2 || first === second) {
    throw userError(UserErrorCode.INVALID, 'Choose two different readers.', ['input', 'readerIds']);
  }
  if (thirdReaderId !== null && readerIds.includes(thirdReaderId)) {
    const message = 'The third reader decides where the two readers differ, so choose another person.';
    throw userError(UserErrorCode.INVALID, message, ['input', 'thirdReaderId']);
  }
  const possible = new Set((await readersOfSite(context, found.siteId)).map(({ id }) => id));
  if (!readerIds.every((id) => possible.has(id))) throw mayNotRead(['input', 'readerIds']);
  if (thirdReaderId !== null && !possible.has(thirdReaderId)) throw mayNotRead(['input', 'thirdReaderId']);

  const id = newId('dbl');
  const choice = { filter: { caseId }, order: 'RANDOM_SAMPLE', count, blind: true, seed: id } as const;
  const { predictionIds, origin } = await chooseCellsToRead(context, viewer, choice);
  const doubleReading = await context.database.$transaction(async (tx) => {
    const casePseudonym = await keepCase(tx, caseId);
    const created = await tx.doubleReading.create({
      data: { id, caseId, createdById: viewer.id, thirdReaderId },
    });
    for (const [part, readerId] of [
      ['FIRST', first],
      ['SECOND', second],
    ] as const) {
      const data = { id: newId('read'), readerId, createdById: viewer.id, caseId, blind: true, origin };
      const inOrder = shuffle([...predictionIds], randomFrom(id, part));
      await createReading(tx, { ...data, doubleReadingId: id, part }, inOrder);
    }
    await recordAuditEvent(tx, context, {
      action: AuditAction.DOUBLE_READING_STARTED,
      entityId: id,
      casePseudonym,
      detail: `${predictionIds.length} cells, readers ${first} and ${second}, third reader ${thirdReaderId ?? 'not chosen'}.`,
    });
    return created;
  });
  return { doubleReading };
}

function mayNotRead(field: string[]) {
  const message =
    'Choose people who may review the cells of this case: clinicians and administrators who see its site.';
  return userError(UserErrorCode.INVALID, message, field);
}
