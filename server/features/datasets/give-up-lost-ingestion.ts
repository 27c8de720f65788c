import type { Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { newId } from '../../database/ids.js';
import { isUnderWay } from '../../jobs/queue.js';

/** The key of a snapshot's ingestion job in the queue. */
export function ingestionJobKey(snapshotId: string): string {
  return `ingest-snapshot:${snapshotId}`;
}

/**
 * Marks an INGESTING snapshot FAILED if the queue has no job for it, or only one that has failed permanently, so that nothing would
 * ever finish it. Returns whether it did so.
 */
export async function giveUpLostIngestion(tx: Transaction, snapshotId: string): Promise<boolean> {
  if (await isUnderWay(tx, ingestionJobKey(snapshotId))) return false;
  const { count } = await tx.datasetSnapshot.updateMany({
    where: { id: snapshotId, status: 'INGESTING' },
    data: { status: 'FAILED' },
  });
  if (count === 0) return false;
  await tx.validationFinding.create({
    data: {
      id: newId('find'),
      snapshotId,
      check: 'ingestion',
      severity: 'ERROR',
      message:
        'The source could not be ingested, because its job is no longer in the queue. Create the snapshot again. Images that are already stored are not read again.',
      count: 1,
    },
  });
  await publish(tx, { type: 'snapshot-changed', id: snapshotId });
  return true;
}
