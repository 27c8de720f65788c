import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import type { Services } from '../../api/context.js';
import type { Database } from '../../database/client.js';
import { publish } from '../../database/events.js';
import type { Prisma } from '../../database/generated/client.js';
import { inspectImage } from '../../imaging/inspect-image.js';
import { UnreadableImageError } from '../../imaging/unreadable-image.js';
import { imageKey } from '../../storage/keys.js';
import { ObjectStoreError, type ObjectStore, type StoredObject } from '../../storage/object-store.js';
import type { ClassMapping } from './class-mapping.js';
import { type GroupsTable, readSplit } from './groups-csv.js';
import { sourceFiles } from './source-files.js';
import { addTo, emptyTally, type Tally } from './validation/finding.js';

/** Images whose bytes are in memory at the same time: enough to hide the store's latency behind the decoding. */
const CONCURRENCY = 8;
/** Items recorded in one transaction, and so the most that are read again after a crash. */
const BATCH = 64;
/** What is larger is no picture of a cell, and is not downloaded. */
const LARGEST_IMAGE = 64 * 1024 * 1024;

export interface Ingestion {
  id: string;
  source: string;
  classes: ClassMapping;
  /** Images that the survey counted: what progress is measured by. */
  imageCount: number;
  groups: GroupsTable | null;
}

type ImageFile = { object: StoredObject; label: string };
type ImageRow = Omit<Prisma.ImageCreateManyInput, 'createdAt'>;
type Reading = { key: string; image: ImageRow } | { key: string; problem: string };

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
  const limit = pLimit(CONCURRENCY);
  let done = 0;
  let last = '';

  for await (const batch of batches(imagesOf(source, ingestion.classes))) {
    signal.throwIfAborted();
    const known = await readBefore(database, ingestion, batch);
    const readings = await Promise.all(
      batch
        .filter(({ object }) => !known.has(object.key))
        .map(({ object }) => limit(() => readImage(database, store, source, object, signal))),
    );
    for (const reading of readings) {
      if ('problem' in reading) addTo(unreadable, `${reading.key}: ${reading.problem}`);
    }
    done += batch.length;
    await recordBatch(database, ingestion, { files: batch, after: last, known, readings, done });
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
    const { key } = file.object;
    if (Buffer.compare(Buffer.from(last), Buffer.from(key)) >= 0) {
      throw new Error(`${source.root} lists '${key}' after '${last}': listings must be in byte order.`);
    }
    last = key;
    yield file;
  }
}

async function* batches(files: AsyncIterable<ImageFile>): AsyncGenerator<ImageFile[]> {
  let batch: ImageFile[] = [];
  for await (const file of files) {
    batch.push(file);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** SHA-256s, by key, of those files that were read before from this source and have not changed since. */
async function readBefore(
  database: Database,
  { source }: Ingestion,
  batch: ImageFile[],
): Promise<Map<string, string>> {
  const etagOf = new Map(batch.map(({ object: { key, etag } }) => [key, etag]));
  const rows = await database.datasetItem.findMany({
    where: { key: { in: [...etagOf.keys()] }, snapshot: { source } },
    select: { key: true, etag: true, imageSha256: true },
  });
  return new Map(
    rows
      .filter(({ key, etag }) => etag === etagOf.get(key))
      .map(({ key, imageSha256 }) => [key, imageSha256]),
  );
}

/** Reads and stores one image. */
async function readImage(
  database: Database,
  store: ObjectStore,
  source: ObjectStore,
  { key, byteSize }: StoredObject,
  signal: AbortSignal,
): Promise<Reading> {
  signal.throwIfAborted();
  if (byteSize > LARGEST_IMAGE) return { key, problem: `larger than ${LARGEST_IMAGE / 1024 / 1024} MB` };
  try {
    const bytes = await source.get(key);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const stored = await database.image.findUnique({ where: { sha256 }, omit: { createdAt: true } });
    if (stored) return { key, image: stored };
    const { width, height, mediaType } = await inspectImage(bytes);
    await store.putOnce(imageKey(sha256), bytes, mediaType);
    return { key, image: { sha256, width, height, byteSize: bytes.byteLength, mediaType } };
  } catch (error) {
    if (error instanceof UnreadableImageError) return { key, problem: error.message };
    if (error instanceof ObjectStoreError && error.reason === 'NOT_FOUND') {
      return { key, problem: 'removed while it was to be read' };
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
  batch: {
    files: ImageFile[];
    after: string;
    known: ReadonlyMap<string, string>;
    readings: Reading[];
    done: number;
  },
): Promise<void> {
  const images = batch.readings.flatMap((reading) => ('image' in reading ? [reading.image] : []));
  const sha256Of = new Map(batch.known);
  for (const reading of batch.readings)
    if ('image' in reading) sha256Of.set(reading.key, reading.image.sha256);
  const items = batch.files.flatMap(({ object: { key, etag }, label }) => {
    const imageSha256 = sha256Of.get(key);
    if (imageSha256 === undefined) return [];
    const row = groups?.find(key);
    const split = row?.split ? readSplit(row.split) : null;
    return [{ snapshotId, key, label, group: row?.group ?? null, split, imageSha256, etag }];
  });
  // In one order everywhere: two ingestions that insert the same images must not wait for each other.
  images.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));

  await database.$transaction(async (tx) => {
    // The source is listed twice, and there may be more images the second time.
    const progress = Math.min(batch.done / imageCount, 1);
    const { count } = await tx.datasetSnapshot.updateMany({
      where: { id: snapshotId, status: 'INGESTING' },
      data: { progress },
    });
    if (count === 0) throw new Error(`Snapshot ${snapshotId} is not being ingested any more.`);
    await tx.image.createMany({ data: images, skipDuplicates: true });
    const last = batch.files.at(-1)?.object.key;
    await tx.datasetItem.deleteMany({ where: { snapshotId, key: { gt: batch.after, lte: last } } });
    await tx.datasetItem.createMany({ data: items });
    await publish(tx, { type: 'snapshot-changed', id: snapshotId });
  });
}
