import type { Services } from '../../api/context.js';
import type { Database } from '../../database/client.js';
import { publish } from '../../database/events.js';
import type { Prisma } from '../../database/generated/client.js';
import { measureImage } from '../../imaging/measure-image.js';
import { UnreadableImageError } from '../../image-files/unreadable-image.js';
import { JobNotRunningError } from '../../jobs/job-table.js';
import type { ObjectStore, StoredObject } from '../../storage/object-store.js';
import { readStoredImage, storeImage, StoredImageError } from '../../storage/stored-images.js';
import { reclaimErasedImage } from '../images/reclaim-erased-image.js';
import type { ClassMapping } from './class-mapping.js';
import { type GroupsTable, readSplit } from './groups-csv.js';
import { readCandidate, type Skipped } from './read-candidate.js';
import { type SourceFile, sourceFiles } from './source-files.js';
import { chunks, mapAhead } from './streams.js';

/** The number of images in memory at the same time: enough to hide the store's latency behind decoding. */
const READ_AHEAD = 8;
/** The number of images recorded in one transaction. After a crash, at most these and the images read ahead are read again. */
const RECORD_AT_ONCE = 16;
/** The number of files that one statement looks up, and of already known files that one transaction records. */
const LOOK_UP_AT_ONCE = 500;
/** The number of earlier snapshots of the same source in which a file is looked up. */
const EARLIER_ASKED = 5;
/** In bytes. A larger file is not a cell image and is not downloaded. */
const LARGEST_IMAGE = 64 * 1024 * 1024;

export interface Ingestion {
  /** The snapshot's id. */
  id: string;
  source: string;
  classes: ClassMapping;
  groupsCsv: string | null;
  /** The number of files in class folders, from the survey. Progress is measured against it. */
  candidateCount: number;
  groups: GroupsTable | null;
}

/** The number of files in the listing, and of those that are skipped by their keys alone. */
export interface ListedFiles {
  fileCount: number;
  systemFiles: number;
  unchosenFiles: number;
}

type ImageRow = Omit<Prisma.ImageCreateManyInput, 'createdAt'>;

/** The result for a file: already known by its SHA-256, read and stored, or skipped. */
type Reading = ReadFile | UnreadFile;
type ReadFile = { object: StoredObject; label: string } & (
  { sha256: string } | { image: ImageRow } | { skipped: Skipped }
);
interface UnreadFile {
  object: StoredObject;
  label: null;
  skipped: { reason: keyof typeof DETAIL; detail: string };
}

/** A file that is read, or recorded as skipped. The others may be many, so they are only counted. */
type RecordedFile = Exclude<SourceFile, { skipped: 'SYSTEM_FILE' | 'UNCHOSEN_FOLDER' }>;

/** The explanation for a file that is skipped without being read. */
const DETAIL = {
  GROUPS_CSV: 'It is the groups CSV.',
  NO_CLASS_FOLDER: 'It is directly in the source and not in a class folder, so it has no label.',
};

/**
 * Copies every image of the source to the object store, under the SHA-256 of its bytes, and records it as an item. For every other
 * file, records why it was skipped. A file that an unfinished attempt or an earlier snapshot has read from the same place, and
 * that has not changed since (by its ETag), is not read again.
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
    if (known !== undefined && (await isStored(store, known))) return { object, label, sha256: known };
    return { object, label, ...(await readImage({ database, store, log }, source, object)) };
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

/** Whether the file was downloaded. */
function wasRead(reading: Reading): boolean {
  return !('sha256' in reading) && reading.label !== null;
}

/** Yields the files to record in the order of their keys, which {@link recordBatch} relies on, and counts all listed files. */
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

/** The ids of the snapshot itself and of the newest others of the same source. Limited, because every file is looked up in each. */
async function earlierOf(database: Database, { id, source }: Ingestion): Promise<string[]> {
  const newest = await database.datasetSnapshot.findMany({
    where: { source, id: { not: id } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: EARLIER_ASKED,
    select: { id: true },
  });
  return [id, ...newest.map((snapshot) => snapshot.id)];
}

/** Adds to each file its SHA-256, if one of these snapshots has read it and it has not changed since. */
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

/** Whether a stored image still exists undamaged. A missing or damaged image is read from its source again. */
async function isStored(store: ObjectStore, sha256: string): Promise<boolean> {
  try {
    await readStoredImage(store, sha256);
    return true;
  } catch (error) {
    if (error instanceof StoredImageError) return false;
    throw error;
  }
}

/** Reads one file, and stores it if it is an image that can be decoded. */
async function readImage(
  services: Pick<Services, 'database' | 'store' | 'log'>,
  source: ObjectStore,
  object: StoredObject,
): Promise<{ image: ImageRow } | { skipped: Skipped }> {
  const candidate = await readCandidate(source, object, LARGEST_IMAGE);
  if ('reason' in candidate) return { skipped: candidate };
  const { bytes, sha256 } = candidate;
  try {
    const { header, measurements } = await measureImage(bytes);
    const image = { sha256, bytes, mediaType: header.mediaType };
    await storeImage(services, image);
    const isErased = await services.database.erasedImage.findUnique({ where: { sha256 } });
    if (isErased) await reclaimErasedImage(services, image);
    return { image: { sha256, ...header, byteSize: bytes.byteLength, measurements } };
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
    return { skipped: { reason: 'UNREADABLE', detail: error.message } };
  }
}

/**
 * Records the results for consecutive files of the listing. Replaces everything that an earlier attempt recorded between the key
 * `after` and the last of these files: those files are recorded again, or are no longer in the source.
 */
async function recordBatch(
  database: Database,
  { id: snapshotId, candidateCount, groups }: Ingestion,
  batch: Reading[],
  after: string,
  done: number,
): Promise<void> {
  const images = batch.flatMap((reading) => ('image' in reading ? [reading.image] : []));
  // Always in the same order, so that two ingestions that insert the same images do not deadlock.
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
    if (count === 0) throw new JobNotRunningError(snapshotId);
    await tx.image.createMany({ data: images, skipDuplicates: true });
    const between = { snapshotId, key: { gt: after, lte: batch.at(-1)?.object.key } };
    await tx.datasetItem.deleteMany({ where: between });
    await tx.datasetItem.createMany({ data: items });
    await tx.skippedFile.deleteMany({ where: between });
    await tx.skippedFile.createMany({ data: skippedFiles });
    await publish(tx, { type: 'snapshot-changed', id: snapshotId });
  });
}
