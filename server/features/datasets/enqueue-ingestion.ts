import type { Transaction } from '../../database/client.js';
import { enqueue } from '../../jobs/queue.js';
import { ingestionJobKey } from './give-up-lost-ingestion.js';
import type { SnapshotRow } from './load-snapshots.js';
import { REVIEWS } from './review-filter.js';

/** Adds the job that reads the source of an INGESTING snapshot. */
export async function enqueueIngestion(
  tx: Transaction,
  { id, source }: Pick<SnapshotRow, 'id' | 'source'>,
): Promise<void> {
  const task = source === REVIEWS ? 'ingest-reviews' : 'ingest-snapshot';
  await enqueue(tx, task, { snapshotId: id }, { jobKey: ingestionJobKey(id) });
}
