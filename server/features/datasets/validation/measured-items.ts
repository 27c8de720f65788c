import type { DatabaseOrTransaction } from '../../../database/client.js';
import { ImageMeasurements } from '../../../imaging/measure-image.js';
import type { CellMeasurements } from '../../../pixels/measure-cells.js';
import type { Colour } from '../../../pixels/measure-pixels.js';
import type { EarlierItem } from './image-check.js';

/** An item of a snapshot with the measurements that every check of all images needs. */
export interface ImageItem {
  key: string;
  label: string;
  group: string | null;
  split: string | null;
  sha256: string;
  width: number;
  height: number;
  mediaType: string;
  /** Mean colour of the image. */
  colour: Colour;
  /** Standard deviation of brightness, 0–127. */
  contrast: number;
  perceptualHash: string;
  /** What the image shows. */
  cells: CellMeasurements;
}

/** An item with all measurements of its image: a few kilobytes in memory, so only loaded for a sample. */
export interface MeasuredItem extends ImageItem {
  byteSize: number;
  measurements: ImageMeasurements;
}

const PAGE = 5000;

/**
 * All items of a snapshot in the order of their keys. Their images must have been measured. 100,000 items take about 50 MB
 * of memory.
 */
export async function imageItems(database: DatabaseOrTransaction, snapshotId: string): Promise<ImageItem[]> {
  const items: ImageItem[] = [];
  const shared = sharedNames();
  for (;;) {
    const page = await database.$queryRaw<ImageItem[]>`
      SELECT "key", "label", "group", "split", "sha256", "width", "height", "mediaType", "measurements"->'colour' AS "colour",
        ("measurements"->'contrast')::float AS "contrast", "measurements"->>'perceptualHash' AS "perceptualHash",
        "measurements"->'cells' AS "cells"
      FROM "DatasetItem" JOIN "Image" ON "sha256" = "imageSha256"
      WHERE "snapshotId" = ${snapshotId} AND "key" > ${items.at(-1)?.key ?? ''}
      ORDER BY "key" LIMIT ${PAGE}`;
    for (const item of page) {
      const { label, group, split, mediaType } = item;
      items.push({
        ...item,
        label: shared(label),
        group: shared(group),
        split: shared(split),
        mediaType: shared(mediaType),
      });
    }
    if (page.length < PAGE) return items;
  }
}

/** All items of an earlier snapshot whose images have been measured, in the order of their keys. */
export async function earlierItems(
  database: DatabaseOrTransaction,
  snapshotId: string,
): Promise<EarlierItem[]> {
  const items: EarlierItem[] = [];
  const shared = sharedNames();
  let after = '';
  for (;;) {
    const page = await database.$queryRaw<(EarlierItem & { key: string })[]>`
      SELECT "key", "label", "width", "height", "measurements"->'colour' AS "colour"
      FROM "DatasetItem" JOIN "Image" ON "sha256" = "imageSha256"
      WHERE "snapshotId" = ${snapshotId} AND "measurements" IS NOT NULL AND "key" > ${after}
      ORDER BY "key" LIMIT ${PAGE}`;
    for (const { label, width, height, colour } of page) {
      items.push({ label: shared(label), width, height, colour });
    }
    if (page.length < PAGE) return items;
    after = page.at(-1)?.key ?? after;
  }
}

/** Returns a function that interns strings, so that equal names of many items share one string in memory. */
function sharedNames(): <Name extends string | null>(name: Name) => Name | string {
  const names = new Map<string, string>();
  return (name) => {
    if (name === null) return name;
    if (!names.has(name)) names.set(name, name);
    return names.get(name) ?? name;
  };
}

/**
 * A sample of at most `most` items with all their measurements, with the same number of each label where there are enough.
 * Items are chosen by the SHA-256 of their images, which is as good as random and reproducible. In the order of their keys.
 */
export async function sampleOfItems(
  database: DatabaseOrTransaction,
  snapshotId: string,
  most: number,
): Promise<MeasuredItem[]> {
  const chosen = await database.$queryRaw<{ key: string }[]>`
    SELECT "key" FROM (
      SELECT "key", row_number() OVER (PARTITION BY "label" ORDER BY "imageSha256", "key") AS place,
        count(*) OVER () AS total
      FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId}) AS items
    WHERE total <= ${most}
      OR place <= ${most} / (SELECT count(DISTINCT "label") FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId})`;
  const rows = await database.datasetItem.findMany({
    where: { snapshotId, key: { in: chosen.map(({ key }) => key) } },
    orderBy: { key: 'asc' },
    select: { key: true, label: true, group: true, split: true, image: { omit: { createdAt: true } } },
  });
  return rows.map(({ image, ...item }) => {
    const measurements = ImageMeasurements.parse(image.measurements);
    const { colour, contrast, perceptualHash, cells } = measurements;
    return { ...item, ...image, colour, contrast, perceptualHash, cells, measurements };
  });
}
