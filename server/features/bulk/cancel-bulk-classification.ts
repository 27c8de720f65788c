import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { databaseTime } from '../../database/clock.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { type BulkClassificationRow, findBulkClassification } from './load-bulk-classifications.js';

/**
 * Stops a bulk classification; the predictions it has made stay. One that is QUEUED is CANCELLED at once, and its job finds
 * nothing to do; one that is RUNNING when its worker has noticed. Cancelling it again changes nothing.
 */
export async function cancelBulkClassification(
  context: RequestContext,
  id: string,
): Promise<{ bulkClassification: BulkClassificationRow }> {
  authorise(context, 'classify folders');
  if (!(await findBulkClassification(context, id))) {
    throw userError(UserErrorCode.NOT_FOUND, 'There is no such bulk classification.', ['id']);
  }

  const bulkClassification = await context.database.$transaction(async (tx) => {
    const now = await databaseTime(tx);
    const ended = await tx.bulkClassification.updateMany({
      where: { id, status: 'QUEUED' },
      data: { status: 'CANCELLED', cancelRequestedAt: now, finishedAt: now },
    });
    const told = await tx.bulkClassification.updateMany({
      where: { id, status: 'RUNNING', cancelRequestedAt: null },
      data: { cancelRequestedAt: now },
    });
    const bulk = await tx.bulkClassification.findUniqueOrThrow({ where: { id } });
    if (ended.count + told.count > 0) {
      const action = AuditAction.BULK_CLASSIFICATION_CANCELLED;
      await recordAuditEvent(tx, context, { action, entityId: id });
    } else if (bulk.cancelRequestedAt === null) {
      throw userError(UserErrorCode.CONFLICT, `The bulk classification has ended: it is ${bulk.status}.`, [
        'id',
      ]);
    }
    return bulk;
  });
  return { bulkClassification };
}
