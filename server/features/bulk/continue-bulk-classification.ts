import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { enqueue } from '../../jobs/queue.js';
import { AuditAction } from '../audit/record-audit-event.js';
import { continueJob } from '../job-control/continue-job.js';
import { bulkClassifications } from './bulk-lifecycle.js';
import { type BulkClassificationRow, requireBulkClassification } from './load-bulk-classifications.js';

/** Continues a FAILED bulk classification with the files that have no prediction and no error yet. */
export async function continueBulkClassification(
  context: RequestContext,
  id: string,
): Promise<{ bulkClassification: BulkClassificationRow }> {
  authorise(context, 'classify folders');
  const bulk = await requireBulkClassification(context, id);
  if (bulk.erasedAt) {
    throw userError(
      UserErrorCode.CONFLICT,
      'The case of this bulk classification was erased, so it cannot be continued. Start a new one.',
      ['id'],
    );
  }
  const action = AuditAction.BULK_CLASSIFICATION_CONTINUED;
  const job = { table: bulkClassifications, id, name: 'bulk classification', action };
  await continueJob(context, job, (tx) => enqueue(tx, 'classify-folder', { bulkClassificationId: id }));
  return {
    bulkClassification: await context.database.bulkClassification.findUniqueOrThrow({ where: { id } }),
  };
}
