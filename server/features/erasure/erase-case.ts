import { setTimeout as sleep } from 'node:timers/promises';
import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { newId } from '../../database/ids.js';
import { isConflict } from '../../database/is-conflict.js';
import { enqueue } from '../../jobs/queue.js';
import { casePseudonym, eraseCaseKey } from '../audit/case-pseudonym.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { validReason } from '../models/reason.js';
import { validCaseReference } from '../predictions/case-reference.js';
import { deleteViewsOfCase } from '../saved-views/delete-views-of-case.js';
import { type CaseRows, deleteCaseRows, findCaseRows, lockCaseRows } from './case-rows.js';
import { deleteErasedImagesKey } from './delete-erased-images.js';

const MAX_ATTEMPTS = 5;
const PAUSE_MS = 100;
/** A case of 100,000 predictions takes about a minute. */
const TIMEOUT_MS = 10 * 60_000;

/** What is recorded about a case, for administrators who consider erasing it. */
export async function findCase(context: RequestContext, caseReference: string): Promise<CaseRows> {
  authorise(context, 'erase cases');
  return findCaseRows(context.database, givenReference(caseReference));
}

/**
 * Erases a case: its predictions with their reviews, the results and sources of its bulk classifications, the images that nothing
 * else uses, and the key of its pseudonym in the audit trail. One transaction removes all rows and records the erasure; a job
 * then deletes the images from the object store.
 * User errors: INVALID; NOT_FOUND when nothing is recorded about the case; CONFLICT while a bulk classification of it runs.
 */
export async function eraseCase(
  context: RequestContext,
  input: { caseReference: string; reason: string },
): Promise<{ auditEventId: string; rows: CaseRows }> {
  authorise(context, 'erase cases');
  const caseReference = givenReference(input.caseReference);
  const reason = reasonWithout(caseReference, input.reason);
  for (let attempt = 1; ; attempt++) {
    try {
      return await context.database.$transaction((tx) => eraseIn(tx, context, caseReference, reason), {
        timeout: TIMEOUT_MS,
      });
    } catch (error) {
      // Something that was recorded at the same moment uses a row of the case.
      if (attempt === MAX_ATTEMPTS || !isConflict(error)) throw error;
      await sleep(PAUSE_MS * attempt);
    }
  }
}

async function eraseIn(tx: Transaction, context: RequestContext, caseReference: string, reason: string) {
  await lockCaseRows(tx, caseReference);
  const rows = await findCaseRows(tx, caseReference);
  refuseNothing(rows);
  refuseUnfinished(rows);

  const auditEventId = newId('aud');
  await recordAuditEvent(tx, context, {
    id: auditEventId,
    action: 'CASE_ERASED',
    casePseudonym: (await casePseudonym(tx, caseReference)) ?? undefined,
    detail: `${summaryOf(rows)} Reason: ${reason}`,
  });
  await tx.$queryRaw`SELECT set_config('cytograph.erasure', ${auditEventId}, true)`;
  await deleteCaseRows(tx, rows);
  await deleteViewsOfCase(tx, caseReference);
  await eraseCaseKey(tx, caseReference);
  await enqueue(tx, 'delete-erased-images', {}, { jobKey: deleteErasedImagesKey });
  await publish(tx, { type: 'case-erased', id: auditEventId });
  return { auditEventId, rows };
}

function givenReference(caseReference: string): string {
  const given = validCaseReference(caseReference);
  if (given !== null) return given;
  throw userError(UserErrorCode.INVALID, 'Give the case reference.', ['input', 'caseReference']);
}

/** The reason stays in the audit trail for ever, so it must not name the case. */
function reasonWithout(caseReference: string, given: string): string {
  const reason = validReason(given);
  const words = (text: string) => ` ${(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')} `;
  if (!words(reason).includes(words(caseReference))) return reason;
  throw userError(
    UserErrorCode.INVALID,
    'The reason contains the case reference, which would stay in the audit trail. Describe the reason without it.',
    ['input', 'reason'],
  );
}

function refuseNothing({ caseIds, predictionIds, fieldIds, bulkClassifications, hasKey }: CaseRows): void {
  if (caseIds.length > 0 || hasKey) return;
  if (predictionIds.length > 0 || fieldIds.length > 0 || bulkClassifications.length > 0) return;
  throw userError(UserErrorCode.NOT_FOUND, 'Nothing is recorded about this case. Check the case reference.', [
    'input',
    'caseReference',
  ]);
}

function refuseUnfinished({ bulkClassifications }: CaseRows): void {
  const unfinished = bulkClassifications.filter(({ isUnfinished }) => isUnfinished);
  if (unfinished.length === 0) return;
  throw userError(
    UserErrorCode.CONFLICT,
    `A bulk classification of this case has not ended (${unfinished.map(({ id }) => id).join(', ')}). Wait for it, or cancel it, first.`,
    ['input', 'caseReference'],
  );
}

function summaryOf(rows: CaseRows): string {
  const {
    predictionIds,
    fieldIds,
    reviewCount,
    reportCount,
    datasetItems,
    bulkClassifications,
    imageSha256s,
    sharedImageSha256s,
    snapshotIds,
  } = rows;
  const kept =
    sharedImageSha256s.length === 0
      ? ''
      : ` Images kept because they are used elsewhere: ${sharedImageSha256s.length}${snapshotIds.length === 0 ? '' : ` (in ${snapshotIds.join(', ')})`}.`;
  const items = datasetItems.length === 0 ? '' : `items of snapshots of reviews: ${datasetItems.length}, `;
  const reports = reportCount === 0 ? '' : `signed reports: ${reportCount}, `;
  return `Erased: predictions: ${predictionIds.length}, reviews: ${reviewCount}, ${reports}fields: ${fieldIds.length}, ${items}bulk classifications: ${bulkClassifications.length}, images: ${imageSha256s.length}.${kept}`;
}
