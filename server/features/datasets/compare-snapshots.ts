import type { Database } from '../../database/client.js';
import type { SnapshotRow } from './load-snapshots.js';

/** The READY snapshots that have this digest: the same images, labels, groups and splits, under whatever names. */
export async function snapshotsWithDigest(database: Database, digest: string): Promise<SnapshotRow[]> {
  return database.datasetSnapshot.findMany({
    where: { digest, status: 'READY' },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
}

/** What two snapshots have in common, counted in items of the one that was asked about. */
export interface SharedItems {
  /** Items whose image (by SHA-256) is in the other one. */
  images: number;
  /** Items of a group that the other one has images of, and how many such groups there are. */
  groupImages: number;
  groups: number;
  /** Whether every item of both has a group. */
  everyGroupKnown: boolean;
}

/**
 * Compares the items of a snapshot with those that a model trained on another one has seen: all of them, but for items
 * that its groups CSV holds out as 'test'.
 *
 * A group's name means something only where it comes from: 'patient 1' of two hospitals is two people. So groups are to
 * be compared (`compareGroups`) where both snapshots are of one dataset's name or of one source.
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
  if (!counts) throw new Error('A count gave no row.');
  return counts;
}
