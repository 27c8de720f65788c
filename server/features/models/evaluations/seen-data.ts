import type { TrainingImage } from '../../../artifact/training-data.js';
import type { Database } from '../../../database/client.js';
import { otherPatientNames } from '../../audit/patient-names.js';

/** Says whether an image, by its SHA-256, or the name of a patient (group) is among the data that a version has seen. */
export interface SeenData {
  hasImage: (sha256: string) => boolean;
  hasGroup: (name: string) => boolean;
}

/**
 * The seen data, in which the cells and patients of these items are found by each of their names: a patient by case reference and
 * pseudonym, and a cell of a field by the field's picture and by the image that a snapshot of reviews cuts out of it.
 */
export async function byAllNames(
  database: Database,
  seen: SeenData,
  items: Iterable<TrainingImage> | AsyncIterable<TrainingImage>,
): Promise<SeenData> {
  return byOtherNames(seen, await otherNamesOf(database, items));
}

/** The other names of the cells and patients of items. */
export interface OtherNames {
  /** By the SHA-256 of an image. */
  images: ReadonlyMap<string, readonly string[]>;
  /** By the name of a patient (group). */
  patients: ReadonlyMap<string, string>;
}

export async function otherNamesOf(
  database: Database,
  items: Iterable<TrainingImage> | AsyncIterable<TrainingImage>,
): Promise<OtherNames> {
  const images = new Set<string>();
  const groups = new Set<string>();
  for await (const { imageSha256, group } of items) {
    images.add(imageSha256);
    if (group !== null) groups.add(group);
  }
  return {
    images: await otherImagesOf(database, images),
    patients: await otherPatientNames(database, groups),
  };
}

/** The seen data, in which an image or a patient is found by its other names as well. */
export function byOtherNames({ hasImage, hasGroup }: SeenData, others: OtherNames): SeenData {
  return {
    hasImage: (sha256) => hasImage(sha256) || (others.images.get(sha256) ?? []).some(hasImage),
    hasGroup: (name) => {
      const other = others.patients.get(name);
      return hasGroup(name) || (other !== undefined && hasGroup(other));
    },
  };
}

/** Of pictures of fields, the images that snapshots of reviews cut out of them, and the reverse. */
async function otherImagesOf(
  database: Database,
  images: ReadonlySet<string>,
): Promise<Map<string, string[]>> {
  const sha256s = [...images];
  const rows = await database.$queryRaw<{ picture: string; cut: string }[]>`
    SELECT DISTINCT picture, cut FROM (
      SELECT prediction."imageSha256" AS picture, item."imageSha256" AS cut
      FROM "DatasetItem" AS item
      JOIN "DatasetItemReview" AS of ON (of."snapshotId", of.key) = (item."snapshotId", item.key)
      JOIN "Prediction" AS prediction ON prediction.id = of."predictionId"
      WHERE item."imageSha256" = ANY(${sha256s})
      UNION ALL
      SELECT prediction."imageSha256", item."imageSha256"
      FROM "Prediction" AS prediction
      JOIN "DatasetItemReview" AS of ON of."predictionId" = prediction.id
      JOIN "DatasetItem" AS item ON (of."snapshotId", of.key) = (item."snapshotId", item.key)
      WHERE prediction."imageSha256" = ANY(${sha256s})
    ) AS same WHERE picture <> cut`;
  const others = new Map<string, string[]>();
  const add = (one: string, other: string) => others.set(one, [...(others.get(one) ?? []), other]);
  for (const { picture, cut } of rows) {
    add(picture, cut);
    add(cut, picture);
  }
  return others;
}
