import type { Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { newId } from '../../database/ids.js';
import { isUnderWay } from '../../jobs/queue.js';

/** What the queue knows the ingestion of a snapshot by. */
export function ingestionJobKey(snapshotId: string): string {
  return `ingest-snapshot:${snapshotId}`;
}

/**
 * Makes a snapshot FAILED that is INGESTING though the queue has no job of it any more, or only one that it has given up:
 * nobody will ever end it. Returns whether it was so.
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
        'The source could not be ingested: its job is no longer in the queue. Create the snapshot anew: what is stored already is not read again.',
      count: 1,
    },
  });
  await publish(tx, { type: 'snapshot-changed', id: snapshotId });
  return true;
}
