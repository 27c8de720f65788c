import type { Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { Prisma } from '../../database/generated/client.js';
import { newId } from '../../database/ids.js';
import { type Actor, AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import type { ClassMapping } from './class-mapping.js';
import { enqueueIngestion } from './enqueue-ingestion.js';
import type { SnapshotRow } from './load-snapshots.js';
import type { ReviewFilter } from './review-filter.js';

/** The validated input of a new snapshot. */
export interface NewSnapshot {
  name: string;
  source: string;
  classes: ClassMapping;
  groupsCsv: string | null;
  /** Given if and only if the source is `REVIEWS`. */
  reviewFilter?: ReviewFilter | null;
  createdById: string | null;
}

/** Records the next version of a named snapshot as INGESTING, and enqueues its ingestion job. */
export async function recordSnapshot(
  tx: Transaction,
  actor: Actor,
  { name, source, classes, groupsCsv, reviewFilter, createdById }: NewSnapshot,
): Promise<SnapshotRow> {
  const version = await nextVersion(tx, name); // before newId, so that ids and versions of a name are in the same order
  const snapshot = await tx.datasetSnapshot.create({
    data: {
      id: newId('snap'),
      name,
      version,
      status: 'INGESTING',
      source,
      classes: classes ?? Prisma.DbNull,
      groupsCsv,
      reviewFilter: reviewFilter ?? Prisma.DbNull,
      createdById,
    },
  });
  await enqueueIngestion(tx, snapshot);
  const detail = `${name} version ${version} from ${source}`;
  await recordAuditEvent(tx, actor, {
    action: AuditAction.DATASET_SNAPSHOT_CREATED,
    entityId: snapshot.id,
    detail,
  });
  await publish(tx, { type: 'snapshot-changed', id: snapshot.id });
  return snapshot;
}

/** The next version number of a name. Takes a lock, so that concurrent snapshots get consecutive numbers. */
async function nextVersion(tx: Transaction, name: string): Promise<number> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('DatasetSnapshot'), hashtext(${name}))`;
  const newest = await tx.datasetSnapshot.aggregate({ where: { name }, _max: { version: true } });
  return (newest._max.version ?? 0) + 1;
}
