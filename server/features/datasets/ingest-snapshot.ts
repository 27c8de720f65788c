import type { Attempt } from '../../jobs/run-attempt.js';
import { ObjectStoreError, type ObjectStore } from '../../storage/object-store.js';
import { ClassMapping } from './class-mapping.js';
import { type GroupsTable, GroupsCsvError, readGroupsCsv } from './groups-csv.js';
import { ingestImages, type ListedFiles } from './ingest-images.js';
import { loadLabelCounts, type SnapshotRow } from './load-snapshots.js';
import { measureStoredImages } from './measure-stored-images.js';
import { openSource } from './open-source.js';
import { decide, endIngestion, hasError, type IngestionServices, runIngestion } from './run-ingestion.js';
import { type Survey, surveySource } from './survey-source.js';
import { checkGroupsCsv } from './validation/check-groups-csv.js';
import { checkReading, checkSkippedUnread } from './validation/check-reading.js';
import { checkStructure } from './validation/check-structure.js';
import type { Finding } from './validation/finding.js';

/** In bytes: about 300,000 rows, which are kept in memory. */
const LARGEST_CSV = 32 * 1024 * 1024;

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
  await runIngestion(services, snapshotId, attempt, (snapshot) => ingest(services, snapshot, attempt.signal));
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
      return { ...(await decide(tx, store, snapshot, findings, signal)), listed };
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
