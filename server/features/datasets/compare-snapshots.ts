import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { PSEUDONYM } from '../audit/case-pseudonym.js';
import { otherPatientNames } from '../audit/patient-names.js';
import { loadSnapshots, type SnapshotRow } from './load-snapshots.js';
import { REVIEWS, ReviewFilter } from './review-filter.js';

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

/** What two snapshots are compared by. */
export interface Compared {
  snapshotId: string;
  trainingSnapshotId: string;
  /** The result of {@link haveSameGroups}. */
  compareGroups: boolean;
}

/**
 * Whether the name of a group means the same patient in both snapshots. A name is only meaningful within one origin: 'patient 1' of two
 * hospitals is two people. The origin of a snapshot of folders is its name or source. The groups of a snapshot of reviews are
 * pseudonyms of cases, which mean the same everywhere, and the groups of its base, with the base's origin.
 * @param training snapshots with the same items, under any name
 */
export async function haveSameGroups(
  database: Database,
  training: readonly SnapshotRow[],
  snapshot: SnapshotRow,
): Promise<boolean> {
  const baseIds = [...training, snapshot].flatMap((each) => baseIdOf(each) ?? []);
  const bases = await loadSnapshots(database, baseIds);
  const originOf = (each: SnapshotRow) => {
    if (each.source !== REVIEWS) return { ...each, isReviews: false };
    const base = bases.get(baseIdOf(each) ?? '');
    return { name: base?.name ?? null, source: base?.source ?? null, isReviews: true };
  };
  const own = originOf(snapshot);
  return training.some((each) => {
    const other = originOf(each);
    if (own.isReviews && other.isReviews && (own.source === null || other.source === null)) return true;
    const isSame = own.source !== null && (own.source === other.source || own.name === other.name);
    return isSame || each.name === snapshot.name;
  });
}

function baseIdOf({ reviewFilter }: SnapshotRow): string | null {
  return ReviewFilter.nullable().parse(reviewFilter)?.baseSnapshotId ?? null;
}

/**
 * Counts the items of a snapshot that a model trained on another snapshot has seen: all items of the training snapshot except
 * those that its groups CSV assigns to 'test'. Pseudonyms of cases are always compared, also with the reference of the case.
 */
export async function countSharedItems(database: Database, compared: Compared): Promise<SharedItems> {
  const [counts] = await database.$queryRaw<SharedItems[]>`
    ${await seenItems(database, compared)}
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
 * image or by group.
 */
export async function sharedKeys(database: Database, compared: Compared): Promise<string[]> {
  const rows = await database.$queryRaw<{ key: string }[]>`
    ${await seenItems(database, compared)}
    SELECT "key" FROM item WHERE "imageSeen" OR "groupSeen"`;
  return rows.map(({ key }) => key);
}

/** The start of a query: `seen` has the items that were trained on, and `item` says for each item whether its image and group are among them. */
async function seenItems(
  database: Database,
  { snapshotId, trainingSnapshotId, compareGroups }: Compared,
): Promise<Prisma.Sql> {
  const groups = await database.$queryRaw<{ group: string }[]>`
    SELECT DISTINCT "group" FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId} AND "group" IS NOT NULL`;
  const names = await otherPatientNames(
    database,
    groups.map(({ group }) => group),
  );
  return Prisma.sql`
    WITH seen AS (
      SELECT "imageSha256", "group" FROM "DatasetItem"
      WHERE "snapshotId" = ${trainingSnapshotId} AND split IS DISTINCT FROM 'test'
    ), "seenGroup" AS (
      SELECT DISTINCT "group" AS name FROM seen WHERE "group" IS NOT NULL
    ), "sameGroup" AS (
      SELECT name FROM "seenGroup" WHERE ${compareGroups} OR name ~ ${PSEUDONYM}
      UNION
      SELECT own FROM unnest(${[...names.keys()]}::text[], ${[...names.values()]}::text[]) AS of(own, other)
      WHERE other IN (SELECT name FROM "seenGroup")
    ), item AS (
      SELECT "key", "imageSha256" IN (SELECT "imageSha256" FROM seen) AS "imageSeen",
        "group" IS NOT NULL AND "group" IN (SELECT name FROM "sameGroup") AS "groupSeen",
        "group"
      FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId}
    )`;
}
