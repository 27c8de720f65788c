import type { Services } from '../../api/context.js';
import type { Database, Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { newId } from '../../database/ids.js';
import { MEASUREMENTS_VERSION } from '../../imaging/measure-image.js';
import { type Attempt, runAttempt } from '../../jobs/run-attempt.js';
import type { ObjectStore } from '../../storage/object-store.js';
import type { ListedFiles } from './ingest-images.js';
import type { SnapshotRow } from './load-snapshots.js';
import { SourceRefusedError } from './open-source.js';
import { writeSnapshotManifest } from './snapshot-manifest.js';
import type { Finding } from './validation/finding.js';
import { validateSnapshot } from './validation/validate-snapshot.js';

// What all ingestions have in common, wherever their images come from.

export type IngestionServices = Pick<Services, 'config' | 'database' | 'store' | 'log'>;

/** The result of an ingestion. */
export interface Outcome {
  status: 'READY' | 'REJECTED' | 'FAILED';
  findings: Finding[];
  digest?: string;
  /** The counts from the listing; undefined if it could not be read, and if the source is not files. */
  listed?: ListedFiles;
}

/** The timeout of the final transaction. Validating 100,000 items and writing their manifest takes seconds, but the store may be slow. */
const LONGEST_ENDING_MS = 10 * 60 * 1000;

/** Runs one attempt of the job of an INGESTING snapshot. `ingest` reads the source and calls {@link endIngestion}. */
export async function runIngestion(
  services: IngestionServices,
  snapshotId: string,
  attempt: Attempt,
  ingest: (snapshot: SnapshotRow) => Promise<void>,
): Promise<void> {
  const { database } = services;
  await runAttempt(services, attempt, {
    id: snapshotId,
    start: () => database.datasetSnapshot.findFirst({ where: { id: snapshotId, status: 'INGESTING' } }),
    progress: () => countRecordedFiles(database, snapshotId),
    work: ingest,
    fail: (reason) => fail(database, snapshotId, reason),
    explainedErrors: [SourceRefusedError],
  });
}

/** How many files of a snapshot are recorded, and how many of its images are measured. */
async function countRecordedFiles(database: Database, snapshotId: string): Promise<number> {
  const items = { snapshotId };
  const [recorded, measured, skipped] = await Promise.all([
    database.datasetItem.count({ where: items }),
    database.datasetItem.count({
      where: { ...items, image: { measurements: { path: ['version'], equals: MEASUREMENTS_VERSION } } },
    }),
    database.skippedFile.count({ where: items }),
  ]);
  return recorded + measured + skipped;
}

/**
 * Validates a snapshot whose items are all recorded and measured. Adds to `findings`, and writes the manifest unless one of them
 * is an ERROR.
 */
export async function decide(
  tx: Transaction,
  store: ObjectStore,
  snapshot: SnapshotRow,
  findings: Finding[],
  signal: AbortSignal,
): Promise<Outcome> {
  findings.push(...(await validateSnapshot(tx, snapshot, signal)));
  signal.throwIfAborted();
  if (hasError(findings)) return { status: 'REJECTED', findings };
  return { status: 'READY', findings, digest: await writeSnapshotManifest(tx, store, snapshot.id) };
}

export function hasError(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'ERROR');
}

async function fail(database: Database, snapshotId: string, reason: string): Promise<void> {
  const message = `The source could not be ingested: ${reason} Fix this, then continue the ingestion. Images that are already stored are not read again.`;
  const finding: Finding = { check: 'ingestion', severity: 'ERROR', message, count: 1, examples: [] };
  await endIngestion(database, snapshotId, async () => ({ status: 'FAILED', findings: [finding] }));
}

/**
 * Decides the snapshot's result and records it, holding a lock so that no other worker can record items or decide (a worker that
 * was believed dead may still be running). Does nothing if the result has already been recorded.
 */
export async function endIngestion(
  database: Database,
  id: string,
  decision: (tx: Transaction) => Promise<Outcome>,
): Promise<void> {
  await database.$transaction(
    async (tx) => {
      const undecided = await tx.$queryRaw<unknown[]>`
        SELECT FROM "DatasetSnapshot" WHERE "id" = ${id} AND "status" = 'INGESTING' FOR UPDATE`;
      if (undecided.length === 0) return;
      const { findings, listed, ...outcome } = await decision(tx);
      const itemCount = await tx.datasetItem.count({ where: { snapshotId: id } });
      const progress = outcome.status === 'READY' ? 1 : undefined;
      await tx.datasetSnapshot.update({
        where: { id },
        data: { ...outcome, ...listed, itemCount, progress },
      });
      const rows = findings.map(({ classes, ...finding }) => ({
        id: newId('find'),
        snapshotId: id,
        ...finding,
        classes: classes ?? undefined,
      }));
      await tx.validationFinding.createMany({ data: rows });
      await publish(tx, { type: 'snapshot-changed', id });
    },
    { timeout: LONGEST_ENDING_MS },
  );
}
