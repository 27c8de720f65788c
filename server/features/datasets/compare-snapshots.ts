import type { Database } from '../../database/client.js';
import type { SnapshotRow } from './load-snapshots.js';

/** The READY snapshots with this digest: the same images, labels, groups and splits, under any name. Oldest first. */
export async function snapshotsWithDigest(database: Database, digest: string): Promise<SnapshotRow[]> {
  return database.datasetSnapshot.findMany({
    where: { digest, status: 'READY' },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
}

/** The overlap of two snapshots, counted in items of the first. */
export interface SharedItems {
  /** Items whose image (by SHA-256) is also in the second. */
  images: number;
  /** Items of groups that are also in the second, and the number of these groups. */
  groupImages: number;
  groups: number;
  /** Whether every item of both has a group. */
  everyGroupKnown: boolean;
}

/**
 * Counts the items of a snapshot that a model trained on another snapshot has seen: all items of the training snapshot except
 * those that its groups CSV assigns to 'test'.
 *
 * A group name is only meaningful within one origin: 'patient 1' of two hospitals is two people. So set `compareGroups` only if
 * both snapshots have the same name or the same source.
 */
export async function countSharedItems(
  database: Database,
  snapshotId: string,
  trainingSnapshotId: string,
  compareGroups: boolean,
): Promise<SharedItems> {
  const [counts] = await database.$queryRaw<SharedItems[]>`
    WITH seen AS (
      SELECT "imageSha256", "group" FROM "DatasetItem"
      WHERE "snapshotId" = ${trainingSnapshotId} AND split IS DISTINCT FROM 'test'
    ), item AS (
      SELECT "imageSha256" IN (SELECT "imageSha256" FROM seen) AS "imageSeen",
        ${compareGroups} AND "group" IS NOT NULL
          AND "group" IN (SELECT "group" FROM seen WHERE "group" IS NOT NULL) AS "groupSeen",
        "group"
      FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId}
    )
    SELECT count(*) FILTER (WHERE "imageSeen")::int AS images,
      count(*) FILTER (WHERE "groupSeen")::int AS "groupImages",
      count(DISTINCT "group") FILTER (WHERE "groupSeen")::int AS groups,
      count(*) = count("group") AND NOT EXISTS (SELECT FROM seen WHERE "group" IS NULL) AS "everyGroupKnown"
    FROM item`;
  if (!counts) throw new Error('The count returned no row.');
  return counts;
}

/**
 * The keys of the items of a snapshot that a model trained on another snapshot has seen, as {@link countSharedItems} counts them: by
 * image, or by group if `compareGroups` is set.
 */
export async function sharedKeys(
  database: Database,
  snapshotId: string,
  trainingSnapshotId: string,
  compareGroups: boolean,
): Promise<string[]> {
  const rows = await database.$queryRaw<{ key: string }[]>`
    WITH seen AS (
      SELECT "imageSha256", "group" FROM "DatasetItem"
      WHERE "snapshotId" = ${trainingSnapshotId} AND split IS DISTINCT FROM 'test'
    )
    SELECT "key" FROM "DatasetItem"
    WHERE "snapshotId" = ${snapshotId} AND ("imageSha256" IN (SELECT "imageSha256" FROM seen)
      OR (${compareGroups} AND "group" IN (SELECT "group" FROM seen WHERE "group" IS NOT NULL)))`;
  return rows.map(({ key }) => key);
}
