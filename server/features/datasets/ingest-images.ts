import { createHash } from 'node:crypto';
import type { Services } from '../../api/context.js';
import type { Database } from '../../database/client.js';
import { publish } from '../../database/events.js';
import type { Prisma } from '../../database/generated/client.js';
import { measureImage } from '../../imaging/measure-image.js';
import { UnreadableImageError } from '../../imaging/unreadable-image.js';
import { imageKey } from '../../storage/keys.js';
import { ObjectStoreError, type ObjectStore, type StoredObject } from '../../storage/object-store.js';
import type { ClassMapping } from './class-mapping.js';
import { type GroupsTable, readSplit } from './groups-csv.js';
import { sourceFiles } from './source-files.js';
import { chunks, mapAhead } from './streams.js';
import { addTo, emptyTally, type Tally } from './validation/finding.js';

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
  /** Images that the survey counted: what progress is measured by. */
  imageCount: number;
  groups: GroupsTable | null;
}

type ImageRow = Omit<Prisma.ImageCreateManyInput, 'createdAt'>;

interface ImageFile {
  object: StoredObject;
  label: string;
}

/** What became of a file: known from before by its SHA-256, read and stored, or no image. */
type Reading = ImageFile & ({ sha256: string } | { image: ImageRow } | { problem: string });

/**
 * Brings every image of the source into the object store, under the SHA-256 of its bytes, and records its item. What was
 * read before from the same place and has not changed since (by its ETag), in an attempt that did not get to the end or
 * for an earlier snapshot, is not read again. Returns what could not be read as an image.
 */
export async function ingestImages(
  { database, store }: Pick<Services, 'database' | 'store'>,
  source: ObjectStore,
  ingestion: Ingestion,
  signal: AbortSignal,
): Promise<Tally> {
  const unreadable = emptyTally();
  let last = '';
  let done = 0;

  const earlier = await earlierOf(database, ingestion);
  const files = withKnown(database, earlier, imagesOf(source, ingestion.classes));
  const readings = mapAhead(files, READ_AHEAD, async ({ known, ...file }): Promise<Reading> => {
    signal.throwIfAborted();
    if (known !== undefined) return { ...file, sha256: known };
    return { ...file, ...(await readImage(store, source, file.object)) };
  });
  const isFull = (batch: Reading[]) =>
    batch.length >= LOOK_UP_AT_ONCE ||
    batch.filter((reading) => !('sha256' in reading)).length >= RECORD_AT_ONCE;

  for await (const batch of chunks(readings, isFull)) {
    for (const reading of batch) {
      if ('problem' in reading) addTo(unreadable, `${reading.object.key}: ${reading.problem}`);
    }
    done += batch.length;
    await recordBatch(database, ingestion, batch, last, done);
    last = batch.at(-1)?.object.key ?? last;
  }
  await database.datasetItem.deleteMany({ where: { snapshotId: ingestion.id, key: { gt: last } } });
  return unreadable;
}

/** The images in the order of their keys, which is what {@link recordBatch} rests on. */
async function* imagesOf(source: ObjectStore, classes: ClassMapping): AsyncGenerator<ImageFile> {
  let last = '';
  for await (const file of sourceFiles(source, classes)) {
    if (file.kind !== 'image') continue;
    const { object, label } = file;
    if (Buffer.compare(Buffer.from(last), Buffer.from(object.key)) >= 0) {
      throw new Error(
        `${source.root} lists '${object.key}' after '${last}': listings must be in byte order.`,
      );
    }
    last = object.key;
    yield { object, label };
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
  files: AsyncIterable<ImageFile>,
): AsyncGenerator<ImageFile & { known?: string }> {
  for await (const batch of chunks(files, ({ length }) => length >= LOOK_UP_AT_ONCE)) {
    const rows = await database.datasetItem.findMany({
      where: { snapshotId: { in: [...snapshotIds] }, key: { in: batch.map(({ object }) => object.key) } },
      select: { key: true, etag: true, imageSha256: true },
    });
    const sha256Of = new Map(rows.map(({ key, etag, imageSha256 }) => [`${etag} ${key}`, imageSha256]));
    for (const file of batch)
      yield { ...file, known: sha256Of.get(`${file.object.etag} ${file.object.key}`) };
  }
}

/** Reads and stores one image. */
async function readImage(
  store: ObjectStore,
  source: ObjectStore,
  { key, byteSize }: StoredObject,
): Promise<{ image: ImageRow } | { problem: string }> {
  if (byteSize > LARGEST_IMAGE) return { problem: `larger than ${LARGEST_IMAGE / 1024 / 1024} MB` };
  try {
    const bytes = await source.get(key);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { header, measurements } = await measureImage(bytes);
    await store.putOnce(imageKey(sha256), bytes, header.mediaType);
    return { image: { sha256, ...header, byteSize: bytes.byteLength, measurements } };
  } catch (error) {
    if (error instanceof UnreadableImageError) return { problem: error.message };
    if (error instanceof ObjectStoreError && error.reason === 'NOT_FOUND') {
      return { problem: 'removed while it was to be read' };
    }
    throw error;
  }
}

/**
 * Records the items of some files that follow each other in the listing. Whatever an earlier attempt recorded between
 * the key `after` and the last of these files goes: it is recorded anew, or has vanished from the source meanwhile.
 */
async function recordBatch(
  database: Database,
  { id: snapshotId, imageCount, groups }: Ingestion,
  batch: Reading[],
  after: string,
  done: number,
): Promise<void> {
  const images = batch.flatMap((reading) => ('image' in reading ? [reading.image] : []));
  // In one order everywhere: two ingestions that insert the same images must not wait for each other.
  images.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const items = batch.flatMap((reading) => {
    if ('problem' in reading) return [];
    const { object, label } = reading;
    const imageSha256 = 'image' in reading ? reading.image.sha256 : reading.sha256;
    const row = groups?.find(object.key);
    const split = row?.split ? readSplit(row.split) : null;
    const { key, etag } = object;
    return [{ snapshotId, key, label, group: row?.group ?? null, split, imageSha256, etag }];
  });

  await database.$transaction(async (tx) => {
    const { count } = await tx.datasetSnapshot.updateMany({
      where: { id: snapshotId, status: 'INGESTING' },
      // The source is listed twice, and there may be more images the second time.
      data: { progress: Math.min(done / imageCount, 1) },
    });
    if (count === 0) throw new Error(`Snapshot ${snapshotId} is not being ingested any more.`);
    await tx.image.createMany({ data: images, skipDuplicates: true });
    const last = batch.at(-1)?.object.key;
    await tx.datasetItem.deleteMany({ where: { snapshotId, key: { gt: after, lte: last } } });
    await tx.datasetItem.createMany({ data: items });
    await publish(tx, { type: 'snapshot-changed', id: snapshotId });
  });
}
