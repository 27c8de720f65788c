import type { Services } from '../../api/context.js';
import type { Database } from '../../database/client.js';
import { publish } from '../../database/events.js';
import type { Prisma } from '../../database/generated/client.js';
import { measureImage } from '../../imaging/measure-image.js';
import { UnreadableImageError } from '../../imaging/unreadable-image.js';
import type { ObjectStore, StoredObject } from '../../storage/object-store.js';
import { readStoredImage, storeImage, StoredImageError } from '../../storage/stored-images.js';
import type { ClassMapping } from './class-mapping.js';
import { type GroupsTable, readSplit } from './groups-csv.js';
import { readCandidate, type Skipped } from './read-candidate.js';
import { type SourceFile, sourceFiles } from './source-files.js';
import { chunks, mapAhead } from './streams.js';

/** Images whose bytes are in memory at the same time: enough to hide the store's latency behind the decoding. */
const READ_AHEAD = 8;
/** Images recorded in one transaction. With those read ahead, the most that a crash makes be read again. */
const RECORD_AT_ONCE = 16;
/** Files looked up, and files known already recorded, in one statement. */
const LOOK_UP_AT_ONCE = 500;
/** Snapshots of the same source that are asked whether they know a file. */
const EARLIER_ASKED = 5;
/** What is larger is no picture of a cell, and is not downloaded. */
const LARGEST_IMAGE = 64 * 1024 * 1024;

export interface Ingestion {
  /** The snapshot's id. */
  id: string;
  source: string;
  classes: ClassMapping;
  groupsCsv: string | null;
  /** Files in class folders that the survey counted: what progress is measured by. */
  candidateCount: number;
  groups: GroupsTable | null;
}

/** How many files the listing showed, and how many of them it took no more than their keys to skip. */
export interface ListedFiles {
  fileCount: number;
  systemFiles: number;
  unchosenFiles: number;
}

type ImageRow = Omit<Prisma.ImageCreateManyInput, 'createdAt'>;

/** What became of a file: known from before by its SHA-256, read and stored, or skipped. */
type Reading = ReadFile | UnreadFile;
type ReadFile = { object: StoredObject; label: string } & (
  { sha256: string } | { image: ImageRow } | { skipped: Skipped }
);
interface UnreadFile {
  object: StoredObject;
  label: null;
  skipped: { reason: keyof typeof DETAIL; detail: string };
}

/** A file that is read, or is recorded as skipped. Of the others, which may be many and say little, only the number is kept. */
type RecordedFile = Exclude<SourceFile, { skipped: 'SYSTEM_FILE' | 'UNCHOSEN_FOLDER' }>;

/** What is said of a file that is skipped without being read. */
const DETAIL = {
  GROUPS_CSV: 'It is the groups CSV.',
  NO_CLASS_FOLDER: 'It is directly in the source and not in a class folder, so it has no label.',
};

/**
 * Brings every image of the source into the object store, under the SHA-256 of its bytes, and records its item; and records
 * of every other file why it was skipped. What was read before from the same place and has not changed since (by its ETag),
 * in an attempt that did not get to the end or for an earlier snapshot, is not read again.
 */
export async function ingestImages(
  { database, store, log }: Pick<Services, 'database' | 'store' | 'log'>,
  source: ObjectStore,
  ingestion: Ingestion,
  signal: AbortSignal,
): Promise<ListedFiles> {
  const listed: ListedFiles = { fileCount: 0, systemFiles: 0, unchosenFiles: 0 };
  let last = '';
  let done = 0;

  const earlier = await earlierOf(database, ingestion);
  const files = withKnown(database, earlier, filesOf(source, ingestion, listed));
  const readings = mapAhead(files, READ_AHEAD, async ({ known, file }): Promise<Reading> => {
    signal.throwIfAborted();
    const { object } = file;
    if (file.skipped !== null) {
      return { object, label: null, skipped: { reason: file.skipped, detail: DETAIL[file.skipped] } };
    }
    const { label } = file;
    if (known !== undefined && (await isKept(store, known))) return { object, label, sha256: known };
    return { object, label, ...(await readImage({ store, log }, source, object)) };
  });
  const isFull = (batch: Reading[]) =>
    batch.length >= LOOK_UP_AT_ONCE || batch.filter(wasRead).length >= RECORD_AT_ONCE;

  for await (const batch of chunks(readings, isFull)) {
    done += batch.filter(({ label }) => label !== null).length;
    await recordBatch(database, ingestion, batch, last, done);
    last = batch.at(-1)?.object.key ?? last;
  }
  const beyond = { snapshotId: ingestion.id, key: { gt: last } };
  await database.datasetItem.deleteMany({ where: beyond });
  await database.skippedFile.deleteMany({ where: beyond });
  return listed;
}

/** Whether it took a download to find out. */
function wasRead(reading: Reading): boolean {
  return !('sha256' in reading) && reading.label !== null;
}

/** The files in the order of their keys, which is what {@link recordBatch} rests on; and counts all that the listing shows. */
async function* filesOf(
  source: ObjectStore,
  ingestion: Ingestion,
  listed: ListedFiles,
): AsyncGenerator<RecordedFile> {
  let last = '';
  for await (const file of sourceFiles(source, ingestion)) {
    const { object } = file;
    listed.fileCount += 1;
    if (file.skipped === 'SYSTEM_FILE') listed.systemFiles += 1;
    if (file.skipped === 'UNCHOSEN_FOLDER') listed.unchosenFiles += 1;
    if (file.skipped === 'SYSTEM_FILE' || file.skipped === 'UNCHOSEN_FOLDER') continue;
    if (Buffer.compare(Buffer.from(last), Buffer.from(object.key)) >= 0) {
      throw new Error(
        `${source.root} lists '${object.key}' after '${last}': listings must be in byte order.`,
      );
    }
    last = object.key;
    yield file;
  }
}

/** The snapshot itself and the newest others of the same source; of years of them each would be asked for every file. */
async function earlierOf(database: Database, { id, source }: Ingestion): Promise<string[]> {
  const newest = await database.datasetSnapshot.findMany({
    where: { source, id: { not: id } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: EARLIER_ASKED,
    select: { id: true },
  });
  return [id, ...newest.map((snapshot) => snapshot.id)];
}

/** With each file, the SHA-256 that it had when it was read for one of these snapshots, if it has not changed since. */
async function* withKnown(
  database: Database,
  snapshotIds: readonly string[],
  files: AsyncIterable<RecordedFile>,
): AsyncGenerator<{ file: RecordedFile; known?: string }> {
  for await (const batch of chunks(files, ({ length }) => length >= LOOK_UP_AT_ONCE)) {
    const rows = await database.datasetItem.findMany({
      where: { snapshotId: { in: [...snapshotIds] }, key: { in: batch.map(({ object }) => object.key) } },
      select: { key: true, etag: true, imageSha256: true },
    });
    const sha256Of = new Map(rows.map(({ key, etag, imageSha256 }) => [`${etag} ${key}`, imageSha256]));
    for (const file of batch) yield { file, known: sha256Of.get(`${file.object.etag} ${file.object.key}`) };
  }
}

/** Whether an image that was stored once is still there, whole: what is missing or damaged is read from its source again. */
async function isKept(store: ObjectStore, sha256: string): Promise<boolean> {
  try {
    await readStoredImage(store, sha256);
    return true;
  } catch (error) {
    if (error instanceof StoredImageError) return false;
    throw error;
  }
}

/** Reads one file, and stores it if it is an image that the decoder reads. */
async function readImage(
  services: Pick<Services, 'store' | 'log'>,
  source: ObjectStore,
  object: StoredObject,
): Promise<{ image: ImageRow } | { skipped: Skipped }> {
  const candidate = await readCandidate(source, object, LARGEST_IMAGE);
  if ('reason' in candidate) return { skipped: candidate };
  const { bytes, sha256 } = candidate;
  try {
    const { header, measurements } = await measureImage(bytes);
    await storeImage(services, { sha256, bytes, mediaType: header.mediaType });
    return { image: { sha256, ...header, byteSize: bytes.byteLength, measurements } };
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
    return { skipped: { reason: 'UNREADABLE', detail: error.message } };
  }
}

/**
 * Records what became of some files that follow each other in the listing. Whatever an earlier attempt recorded between
 * the key `after` and the last of these files is replaced: it is recorded again, or has vanished from the source meanwhile.
 */
async function recordBatch(
  database: Database,
  { id: snapshotId, candidateCount, groups }: Ingestion,
  batch: Reading[],
  after: string,
  done: number,
): Promise<void> {
  const images = batch.flatMap((reading) => ('image' in reading ? [reading.image] : []));
  // In one order everywhere: two ingestions that insert the same images must not wait for each other.
  images.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const items = batch.flatMap((reading) => {
    if ('skipped' in reading) return [];
    const { object, label } = reading;
    const imageSha256 = 'image' in reading ? reading.image.sha256 : reading.sha256;
    const row = groups?.find(object.key);
    const split = row?.split ? readSplit(row.split) : null;
    const { key, etag } = object;
    return [{ snapshotId, key, label, group: row?.group ?? null, split, imageSha256, etag }];
  });
  const skippedFiles = batch.flatMap((reading) =>
    'skipped' in reading ? [{ snapshotId, key: reading.object.key, ...reading.skipped }] : [],
  );

  await database.$transaction(async (tx) => {
    const { count } = await tx.datasetSnapshot.updateMany({
      where: { id: snapshotId, status: 'INGESTING' },
      // The source is listed twice, and there may be more files the second time.
      data: { progress: Math.min(done / candidateCount, 1) },
    });
    if (count === 0) throw new Error(`Snapshot ${snapshotId} is not being ingested any more.`);
    await tx.image.createMany({ data: images, skipDuplicates: true });
    const between = { snapshotId, key: { gt: after, lte: batch.at(-1)?.object.key } };
    await tx.datasetItem.deleteMany({ where: between });
    await tx.datasetItem.createMany({ data: items });
    await tx.skippedFile.deleteMany({ where: between });
    await tx.skippedFile.createMany({ data: skippedFiles });
    await publish(tx, { type: 'snapshot-changed', id: snapshotId });
  });
}
