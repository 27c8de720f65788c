import type { Services } from '../../api/context.js';
import type { Database, Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { newId } from '../../database/ids.js';
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

/** Which try of the job this is, as the queue tells it. */
export interface Attempt {
  signal: AbortSignal;
  /** Counts from 1. More than `maxAttempts`: the worker died in all of them, and this one only records that. */
  attempt: number;
  maxAttempts: number;
}

type IngestionServices = Pick<Services, 'config' | 'database' | 'store' | 'log'>;

/** What becomes of a snapshot. */
interface Outcome {
  status: 'READY' | 'REJECTED' | 'FAILED';
  findings: Finding[];
  digest?: string;
  /** What the listing showed; unknown where it could not be read. */
  listed?: ListedFiles;
}

/** Some 300,000 rows. They are held in memory. */
const LARGEST_CSV = 32 * 1024 * 1024;
/** To validate and to write the manifest of 100,000 items takes some seconds; the store may be slow. */
const LONGEST_ENDING_MS = 10 * 60 * 1000;

/**
 * The job of an INGESTING snapshot: lists the source, stores its images, validates, writes the manifest, and only in its
 * last transaction makes the snapshot READY (or REJECTED, where an ERROR was found). It may be aborted or killed at any
 * time: the next attempt reads only what is not recorded yet. Throws when the next attempt may do better (the store is out
 * of reach, …); in the last attempt the snapshot is FAILED instead, with a finding that says what to do.
 */
export async function ingestSnapshot(
  services: IngestionServices,
  snapshotId: string,
  { signal, attempt, maxAttempts }: Attempt,
): Promise<void> {
  const { database, log } = services;
  const snapshot = await database.datasetSnapshot.findUnique({ where: { id: snapshotId } });
  if (snapshot?.status !== 'INGESTING') return;
  if (attempt > maxAttempts) {
    return fail(database, snapshotId, 'the worker did not survive it, perhaps for want of memory.');
  }
  try {
    await ingest(services, snapshot, signal);
  } catch (error) {
    log.warn({ err: error, snapshotId, attempt }, 'Ingestion did not get to its end');
    if (signal.aborted || attempt < maxAttempts) throw error;
    await fail(database, snapshotId, reasonOf(error, snapshotId));
  }
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

/** Stores the source's images and records their items; null where the snapshot is REJECTED before anything is read. */
async function readSource(
  services: IngestionServices,
  source: ObjectStore,
  { id, source: place, classes: mapping, groupsCsv }: SnapshotRow,
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

  const survey = await surveySource(source, { source: place, classes, groupsCsv }, groups, signal);
  const structure = checkStructure(survey);
  const findings = groups ? checkGroupsCsv(groups) : [];
  if (hasError([...structure, ...findings])) {
    const { fileCount, system, unchosen } = survey;
    const listed = { fileCount, systemFiles: system.count, unchosenFiles: unchosen.count };
    return rejected([...structure, ...findings, ...checkSkippedUnread(survey)], listed);
  }
  const { candidateCount } = survey;
  const ingestion = { id, source: place, classes, groupsCsv, candidateCount, groups };
  return { survey, findings, listed: await ingestImages(services, source, ingestion, signal) };
}

/** The groups CSV's rows, or the finding that says why there are none. */
async function readGroups(source: ObjectStore, key: string): Promise<GroupsTable | { problem: Finding }> {
  const problem = (check: string, message: string): { problem: Finding } => ({
    problem: { check, severity: 'ERROR', message, count: 1, examples: [key] },
  });
  const file = await source.stat(key);
  if (!file) {
    return problem(
      'groups-csv-missing',
      `There is no groups CSV '${key}' below ${source.root}. Check the name.`,
    );
  }
  if (file.byteSize > LARGEST_CSV) {
    return problem('groups-csv-unreadable', `The groups CSV is larger than ${LARGEST_CSV / 1024 / 1024} MB.`);
  }
  try {
    return readGroupsCsv(await source.get(key));
  } catch (error) {
    const isOfTheFile =
      error instanceof GroupsCsvError || (error instanceof ObjectStoreError && error.concernsOneObject);
    if (isOfTheFile) return problem('groups-csv-unreadable', error.message);
    throw error;
  }
}

function hasError(findings: Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'ERROR');
}

async function fail(database: Database, snapshotId: string, reason: string): Promise<void> {
  const message = `The source could not be ingested: ${reason} Once that is fixed, create the snapshot again: what is stored already is not read again.`;
  const finding: Finding = { check: 'ingestion', severity: 'ERROR', message, count: 1, examples: [] };
  await endIngestion(database, snapshotId, async () => ({ status: 'FAILED', findings: [finding] }));
}

function reasonOf(error: unknown, snapshotId: string): string {
  if (error instanceof ObjectStoreError || error instanceof SourceRefusedError) return error.message;
  return `something failed in the server itself; its log says what, under ${snapshotId}.`;
}

/**
 * Decides on the snapshot, while nobody else can record items of it or decide (a worker that is held to be dead may still
 * be at it), and records that. Does nothing where it has been decided already.
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
