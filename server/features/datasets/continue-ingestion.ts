import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { publish } from '../../database/events.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { notFailed } from '../job-control/continue-job.js';
import { enqueueIngestion } from './enqueue-ingestion.js';
import { findDatasetSnapshot } from './find-dataset-snapshot.js';
import type { SnapshotRow } from './load-snapshots.js';

/** Continues the ingestion of a FAILED snapshot. Files that are recorded already are not read again. */
export async function continueIngestion(
  context: RequestContext,
  id: string,
): Promise<{ datasetSnapshot: SnapshotRow }> {
  authorise(context, 'create datasets');
  if (!(await findDatasetSnapshot(context, id))) {
    throw userError(UserErrorCode.NOT_FOUND, 'There is no such snapshot.', ['id']);
  }
  const datasetSnapshot = await context.database.$transaction(async (tx) => {
    const { count } = await tx.datasetSnapshot.updateMany({
      where: { id, status: 'FAILED' },
      data: { status: 'INGESTING' },
    });
    const snapshot = await tx.datasetSnapshot.findUniqueOrThrow({ where: { id } });
    if (count === 0) throw notFailed('snapshot', snapshot.status);
    await tx.validationFinding.deleteMany({ where: { snapshotId: id } });
    await enqueueIngestion(tx, snapshot);
    await recordAuditEvent(tx, context, { action: AuditAction.DATASET_SNAPSHOT_CONTINUED, entityId: id });
    await publish(tx, { type: 'snapshot-changed', id });
    return snapshot;
  });
  return { datasetSnapshot };
}
