import type { Services } from '../../api/context.js';
import type { Database, Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { newId } from '../../database/ids.js';
import { MEASUREMENTS_VERSION } from '../../imaging/measure-image.js';
import { type Attempt, runAttempt } from '../../jobs/run-attempt.js';
import { ObjectStoreError, type ObjectStore } from '../../storage/object-store.js';
import { ClassMapping } from './class-mapping.js';
import { type GroupsTable, GroupsCsvError, readGroupsCsv } from './groups-csv.js';
import { ingestImages, type ListedFiles } from './ingest-images.js';
import { loadLabelCounts, type SnapshotRow } from './load-snapshots.js';
import { measureStoredImages } from './measure-stored-images.js';
import { openSource, SourceRefusedError } from './open-source.js';
import { writeSnapshotManifest } from './snapshot-manifest.js';
import { type Survey, surveySource } from './survey-source.js';
import { checkGroupsCsv } from './validation/check-groups-csv.js';
import { checkReading, checkSkippedUnread } from './validation/check-reading.js';
import { checkStructure } from './validation/check-structure.js';
import type { Finding } from './validation/finding.js';
import { validateSnapshot } from './validation/validate-snapshot.js';

type IngestionServices = Pick<Services, 'config' | 'database' | 'store' | 'log'>;

/** The result of an ingestion. */
interface Outcome {
  status: 'READY' | 'REJECTED' | 'FAILED';
  findings: Finding[];
  digest?: string;
  /** The counts from the listing; undefined if it could not be read. */
  listed?: ListedFiles;
}

/** In bytes: about 300,000 rows, which are kept in memory. */
const LARGEST_CSV = 32 * 1024 * 1024;
/** The timeout of the final transaction. Validating 100,000 items and writing their manifest takes seconds, but the store may be slow. */
const LONGEST_ENDING_MS = 10 * 60 * 1000;

/**
 * Runs the job of an INGESTING snapshot: lists the source, stores its images, validates, writes the manifest, and in its final
 * transaction marks the snapshot READY, or REJECTED if there is an ERROR finding. The next attempt reads only what is not recorded
 * yet.
 */
export async function ingestSnapshot(
  services: IngestionServices,
  snapshotId: string,
  attempt: Attempt,
): Promise<void> {
  const { database } = services;
  await runAttempt(services, attempt, {
    id: snapshotId,
    start: () => database.datasetSnapshot.findFirst({ where: { id: snapshotId, status: 'INGESTING' } }),
    progress: () => countRecordedFiles(database, snapshotId),
    work: (snapshot) => ingest(services, snapshot, attempt.signal),
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

async function ingest(
  services: IngestionServices,
  snapshot: SnapshotRow,
  signal: AbortSignal,
): Promise<void> {
  const { config, database, store } = services;
  const { id } = snapshot;
  const source = await openSource(config, snapshot.source);
  try {
    const read = await readSource(services, source, snapshot, signal);
    if (!read) return;
    const { survey, listed, findings } = read;
    await measureStoredImages(services, id, signal);

    await endIngestion(database, id, async (tx) => {
      const labelCounts = (await loadLabelCounts(tx, [id])).get(id) ?? [];
      const labels = labelCounts.map(({ label }) => label);
      findings.push(...(await checkReading(tx, id, survey, labels)));
      findings.push(...(await validateSnapshot(tx, snapshot, signal)));
      signal.throwIfAborted();
      if (hasError(findings)) return { status: 'REJECTED', findings, listed };
      return { status: 'READY', findings, listed, digest: await writeSnapshotManifest(tx, store, id) };
    });
  } finally {
    source.close();
  }
}

/** Stores the source's images and records their items. Null if the snapshot was REJECTED before any image was read. */
async function readSource(
  services: IngestionServices,
  source: ObjectStore,
  { id, source: address, classes: mapping, groupsCsv }: SnapshotRow,
  signal: AbortSignal,
): Promise<{ survey: Survey; listed: ListedFiles; findings: Finding[] } | null> {
  const { database } = services;
  const classes = ClassMapping.parse(mapping);
  const rejected = async (findings: Finding[], listed?: ListedFiles) => {
    await endIngestion(database, id, async () => ({ status: 'REJECTED', findings, listed }));
    return null;
  };
  const groups = groupsCsv === null ? null : await readGroups(source, groupsCsv);
  if (groups && 'problem' in groups) return rejected([groups.problem]);

  const survey = await surveySource(source, { source: address, classes, groupsCsv }, groups, signal);
  const structure = checkStructure(survey);
  const findings = groups ? checkGroupsCsv(groups) : [];
  if (hasError([...structure, ...findings])) {
    const { fileCount, system, unchosen } = survey;
    const listed = { fileCount, systemFiles: system.count, unchosenFiles: unchosen.count };
    return rejected([...structure, ...findings, ...checkSkippedUnread(survey)], listed);
  }
  const { candidateCount } = survey;
  const ingestion = { id, source: address, classes, groupsCsv, candidateCount, groups };
  return { survey, findings, listed: await ingestImages(services, source, ingestion, signal) };
}

/** Reads the groups CSV; returns a finding if it cannot be read. */
async function readGroups(source: ObjectStore, key: string): Promise<GroupsTable | { problem: Finding }> {
  const problem = (check: string, message: string): { problem: Finding } => ({
    problem: { check, severity: 'ERROR', message, count: 1, examples: [key] },
  });
  const file = await source.stat(key);
  if (!file) {
    return problem(
      'groups-csv-missing',
      `There is no groups CSV '${key}' below ${source.root}. Check the name, which is case-sensitive.`,
    );
  }
  if (file.byteSize > LARGEST_CSV) {
    return problem(
      'groups-csv-unreadable',
      `The groups CSV is larger than ${LARGEST_CSV / 1024 / 1024} MB. Remove columns that are not needed, or split the dataset.`,
    );
  }
  try {
    return readGroupsCsv(await source.get(key));
  } catch (error) {
    const concernsTheFile =
      error instanceof GroupsCsvError || (error instanceof ObjectStoreError && error.concernsOneObject);
    if (concernsTheFile) return problem('groups-csv-unreadable', error.message);
    throw error;
  }
}

function hasError(findings: Finding[]): boolean {
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
async function endIngestion(
  database: Database,
  id: string,
  decide: (tx: Transaction) => Promise<Outcome>,
): Promise<void> {
  await database.$transaction(
    async (tx) => {
      const undecided = await tx.$queryRaw<unknown[]>`
        SELECT FROM "DatasetSnapshot" WHERE "id" = ${id} AND "status" = 'INGESTING' FOR UPDATE`;
      if (undecided.length === 0) return;
      const { findings, listed, ...outcome } = await decide(tx);
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
