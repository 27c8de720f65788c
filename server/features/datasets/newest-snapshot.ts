import type { DatabaseOrTransaction } from '../../database/client.js';
import type { DatasetSnapshotStatus } from '../../database/generated/enums.js';
import type { SnapshotRow } from './load-snapshots.js';

/** The newest snapshot with this name and, if given, this status. Null if there is none. */
export async function newestSnapshot(
  database: DatabaseOrTransaction,
  name: string,
  status?: DatasetSnapshotStatus,
): Promise<SnapshotRow | null> {
  return database.datasetSnapshot.findFirst({ where: { name, status }, orderBy: { version: 'desc' } });
}
