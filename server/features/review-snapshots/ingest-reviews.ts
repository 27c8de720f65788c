import { rowsByKey } from '../../api/batched.js';
import { sha256 } from '../../artifact/artifact.js';
import type { Database, Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import type { Prisma } from '../../database/generated/client.js';
import { cellImages } from '../../imaging/cell-images.js';
import { type ImageMeasurements, measureImage } from '../../imaging/measure-image.js';
import { JobNotRunningError } from '../../jobs/job-table.js';
import type { Attempt } from '../../jobs/run-attempt.js';
import { readStoredImage, storeImage } from '../../storage/stored-images.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import type { SnapshotRow } from '../datasets/load-snapshots.js';
import { measureStoredImages } from '../datasets/measure-stored-images.js';
import { ReviewFilter } from '../datasets/review-filter.js';
import {
  decide,
  endIngestion,
  hasError,
  type IngestionServices,
  runIngestion,
} from '../datasets/run-ingestion.js';
import { type SnapshotItem, snapshotItems } from '../datasets/snapshot-items.js';
import { boxOf } from '../predictions/box-of.js';
import { retryIfImageChanged } from '../predictions/retry-if-image-changed.js';
import { checkReviewedCells } from './check-reviewed-cells.js';
import { type Combination, combineWithBase } from './combine-with-base.js';
import { type ReviewedCell, reviewedCells } from './reviewed-cells.js';

/** The number of cells recorded in one transaction. */
const RECORD_AT_ONCE = 200;

/** An image that was cut out of a field. */
interface CutImage {
  /** Without measurements: they are recorded when the image is stored. */
  row: Omit<Prisma.ImageCreateManyInput, 'createdAt' | 'measurements'>;
  bytes: Uint8Array;
  measurements: ImageMeasurements;
}

/** A cell with the SHA-256 of its image. */
interface CellWithImage extends ReviewedCell {
  cellSha256: string;
}

/**
 * Runs the job of an INGESTING snapshot of reviewed predictions: selects the cells, stores the cells of fields as separate
 * images, validates, and decides like the ingestion of a folder.
 */
export async function ingestReviews(
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
  const { database, store } = services;
  const { id } = snapshot;
  const filter = ReviewFilter.parse(snapshot.reviewFilter);
  const cells = await reviewedCells(database, filter);
  const findings = checkReviewedCells(cells, filter);
  if (hasError(findings)) {
    await endIngestion(database, id, async () => ({ status: 'REJECTED', findings }));
    return;
  }
  const base: SnapshotItem[] = [];
  if (filter.baseSnapshotId !== null) {
    for await (const item of snapshotItems(database, filter.baseSnapshotId)) base.push(item);
  }
  const combination = combineWithBase(base, cells);
  if (filter.baseSnapshotId !== null) {
    await copyItems(database, filter.baseSnapshotId, id);
    findings.push(...combination.findings);
    if (hasError(combination.findings)) {
      await endIngestion(database, id, async () => ({ status: 'REJECTED', findings }));
      return;
    }
  }
  await recordCells(services, id, combination, signal);
  await measureStoredImages(services, id, signal);
  await endIngestion(database, id, (tx) => decide(tx, store, snapshot, findings, signal));
}

/** Copies the items of the base snapshot. */
async function copyItems(database: Database, baseSnapshotId: string, snapshotId: string): Promise<void> {
  await database.$executeRaw`
    INSERT INTO "DatasetItem" ("snapshotId", "key", "label", "group", "split", "imageSha256")
    SELECT ${snapshotId}, "key", "label", "group", "split", "imageSha256"
    FROM "DatasetItem" WHERE "snapshotId" = ${baseSnapshotId}
    ON CONFLICT DO NOTHING`;
}

/** Records the cells as items of the snapshot, and removes the cells that an earlier attempt recorded and that are not among them. */
async function recordCells(
  services: IngestionServices,
  snapshotId: string,
  combination: Combination,
  signal: AbortSignal,
): Promise<void> {
  const { cells } = combination;
  const { database } = services;
  const keys = cells.map(({ predictionId }) => predictionId);
  const known = await database.datasetItem.findMany({
    where: { snapshotId },
    select: { key: true, imageSha256: true, image: { select: { measurements: true } } },
  });
  // An image without measurements may not be stored yet.
  const knownImages = new Map(
    known.flatMap(({ key, imageSha256, image }) => (image.measurements === null ? [] : [[key, imageSha256]])),
  );
  const pseudonyms = await pseudonymsOf(database, cells, signal);
  const isOwnImage = ({ frame }: ReviewedCell) => frame.length === 0;

  let done = 0;
  const record = async (batch: CellWithImage[], images: CutImage[]) => {
    signal.throwIfAborted();
    done += batch.length;
    const progress = done / cells.length;
    await retryIfImageChanged(() =>
      recordBatch(database, snapshotId, { batch, images, combination, pseudonyms, progress }),
    );
    for (const image of images) await storeCutImage(services, image, signal);
  };
  const own = cells.filter(isOwnImage).map((cell) => ({ ...cell, cellSha256: cell.imageSha256 }));
  for (let start = 0; start < own.length; start += RECORD_AT_ONCE) {
    await record(own.slice(start, start + RECORD_AT_ONCE), []);
  }
  const parts = cells.filter((cell) => !isOwnImage(cell));
  for (const [sha, ofImage] of rowsByKey(parts, ({ imageSha256 }) => imageSha256)) {
    const stored: CellWithImage[] = [];
    const missing: ReviewedCell[] = [];
    for (const cell of ofImage) {
      const cellSha256 = knownImages.get(cell.predictionId);
      if (cellSha256 === undefined) missing.push(cell);
      else stored.push({ ...cell, cellSha256 });
    }
    const images = missing.length === 0 ? [] : await cutImages(services, sha, missing, signal);
    const cut = missing.map((cell, index) => ({ ...cell, cellSha256: images[index]?.row.sha256 ?? '' }));
    await record([...stored, ...cut], images);
  }
  await database.$executeRaw`
    DELETE FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId} AND "key" ~ '^pred_[0-9a-f]{32}$' AND "key" <> ALL(${keys})`;
}

/** Cuts cells out of their image, in the order of the cells. */
async function cutImages(
  { store }: IngestionServices,
  imageSha256: string,
  cells: readonly ReviewedCell[],
  signal: AbortSignal,
): Promise<CutImage[]> {
  const bytes = await readStoredImage(store, imageSha256, { signal });
  const boxes = cells.map(({ frame }) => {
    const box = boxOf(frame);
    if (!box) throw new Error('A cell of a field has no frame.');
    return box;
  });
  const images: CutImage[] = [];
  for await (const cell of cellImages(bytes, boxes)) {
    signal.throwIfAborted();
    const { header, measurements } = await measureImage(cell);
    const row = { sha256: sha256(cell), ...header, byteSize: cell.byteLength };
    images.push({ row, bytes: cell, measurements });
  }
  return images;
}

/**
 * Stores an image that has a row, and records its measurements. The row is recorded first, and locked while the image is stored, so
 * an erasure of its case either finds the image or has removed the row; then nothing is stored.
 */
async function storeCutImage(
  services: IngestionServices,
  { row: { sha256, mediaType }, bytes, measurements }: CutImage,
  signal: AbortSignal,
): Promise<void> {
  await services.database.$transaction(async (tx) => {
    const rows = await tx.$queryRaw<unknown[]>`
      SELECT FROM "Image" WHERE sha256 = ${sha256} FOR NO KEY UPDATE`;
    if (rows.length === 0) return;
    await storeImage(services, { sha256, bytes, mediaType }, signal);
    await tx.image.update({ where: { sha256 }, data: { measurements } });
  });
}

interface Batch {
  batch: readonly CellWithImage[];
  /** Images that may have no row yet. */
  images: readonly CutImage[];
  combination: Combination;
  /** The group of each case. */
  pseudonyms: ReadonlyMap<string, string>;
  /** 0 to 1. */
  progress: number;
}

/** Records cells, except those of which a prediction was erased since they were selected. */
async function recordBatch(
  database: Database,
  snapshotId: string,
  { batch, images, combination, pseudonyms, progress }: Batch,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const { count } = await tx.datasetSnapshot.updateMany({
      where: { id: snapshotId, status: 'INGESTING' },
      data: { progress },
    });
    if (count === 0) throw new JobNotRunningError(snapshotId);
    // Images before predictions, and both in the order of their keys, as in an erasure.
    const predictionIds = batch.flatMap((cell) => cell.predictionIds);
    const sha256s = batch.map(({ cellSha256 }) => cellSha256);
    await tx.$queryRaw`SELECT FROM "Image" WHERE sha256 = ANY(${sha256s}) OR sha256 IN (
      SELECT "imageSha256" FROM "Prediction" WHERE id = ANY(${predictionIds})) ORDER BY sha256 FOR KEY SHARE`;
    const locked = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM "Prediction" WHERE id = ANY(${predictionIds}) ORDER BY id FOR KEY SHARE`;
    const exists = new Set(locked.map(({ id }) => id));
    const cells = batch.filter((cell) => cell.predictionIds.every((id) => exists.has(id)));

    const used = new Set(cells.map(({ cellSha256 }) => cellSha256));
    const rows = images.map(({ row }) => row).filter((row) => used.has(row.sha256));
    rows.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
    await reuseErasedImages(
      tx,
      rows.map((row) => row.sha256),
    );
    await tx.image.createMany({ data: rows, skipDuplicates: true });
    await tx.datasetItem.deleteMany({
      where: { snapshotId, key: { in: batch.map(({ predictionId }) => predictionId) } },
    });
    await tx.datasetItem.createMany({
      data: cells.map((cell) => ({
        ...{ snapshotId, key: cell.predictionId, label: cell.label, imageSha256: cell.cellSha256 },
        ...placeOf(cell, combination, pseudonyms),
      })),
    });
    const reviewIds = cells.flatMap((cell) => cell.reviewIds);
    const keyOfReview = new Map(
      cells.flatMap((cell) => cell.reviewIds.map((reviewId) => [reviewId, cell.predictionId])),
    );
    const reviews = await tx.review.findMany({
      where: { id: { in: reviewIds } },
      select: { id: true, predictionId: true },
    });
    await tx.datasetItemReview.createMany({
      data: reviews.map(({ id, predictionId }) => ({
        ...{ snapshotId, key: keyOfReview.get(id) ?? predictionId },
        ...{ reviewId: id, predictionId },
      })),
    });
    await publish(tx, { type: 'snapshot-changed', id: snapshotId });
  });
}

/**
 * Makes it possible to record images again that were erased with another case, or with earlier predictions of the same one. The lock
 * waits for the job that deletes objects, which leaves them alone afterwards.
 */
async function reuseErasedImages(tx: Transaction, sha256s: string[]): Promise<void> {
  await tx.$queryRaw`SELECT FROM "ErasedImage" WHERE sha256 = ANY(${sha256s}) ORDER BY sha256 FOR UPDATE`;
  await tx.erasedImage.deleteMany({ where: { sha256: { in: sha256s } } });
}

/**
 * The group and split of a cell. A case that has an image in common with a group of the base, or its name, joins that group. If the base gives
 * splits, all other cells are trained on.
 */
function placeOf(
  { caseReference }: ReviewedCell,
  { groupOfCase, hasSplits, splitOfGroup }: Combination,
  pseudonyms: ReadonlyMap<string, string>,
): { group: string | null; split: string | null } {
  const joined = caseReference === null ? undefined : groupOfCase.get(caseReference);
  const pseudonym = caseReference === null ? undefined : pseudonyms.get(caseReference);
  const split = joined === undefined ? undefined : splitOfGroup.get(joined);
  return { group: joined ?? pseudonym ?? null, split: hasSplits ? (split ?? 'train') : null };
}

/**
 * The names of the cases as groups: pseudonyms, so that neither the items nor the manifest names a case. They become anonymous when the
 * case is erased.
 */
async function pseudonymsOf(
  database: Database,
  cells: readonly ReviewedCell[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const pseudonyms = new Map<string, string>();
  for (const caseReference of new Set(cells.flatMap((cell) => cell.caseReference ?? []))) {
    signal.throwIfAborted();
    const pseudonym = await casePseudonym(database, caseReference);
    if (pseudonym !== null) pseudonyms.set(caseReference, pseudonym); // null: erased since
  }
  return pseudonyms;
}
