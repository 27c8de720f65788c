import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { AuditAction } from '../audit/record-audit-event.js';
import { cancelJob } from '../job-control/cancel-job.js';
import { bulkClassifications } from './bulk-lifecycle.js';
import { type BulkClassificationRow, requireBulkClassification } from './load-bulk-classifications.js';

/** Cancels a bulk classification. The predictions that it has made are kept. */
export async function cancelBulkClassification(
  context: RequestContext,
  id: string,
): Promise<{ bulkClassification: BulkClassificationRow }> {
  authorise(context, 'classify folders');
  await requireBulkClassification(context, id);
  const action = AuditAction.BULK_CLASSIFICATION_CANCELLED;
  await cancelJob(context, { table: bulkClassifications, id, name: 'bulk classification', action });
  return {
    bulkClassification: await context.database.bulkClassification.findUniqueOrThrow({ where: { id } }),
  };
}
