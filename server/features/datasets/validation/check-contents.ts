import type { DatabaseOrTransaction } from '../../../database/client.js';
import type { SnapshotRow } from '../load-snapshots.js';
import { REVIEWS } from '../review-filter.js';
import { counted, EXAMPLE_IMAGES, EXAMPLES, type Finding } from './finding.js';

type Check = (
  database: DatabaseOrTransaction,
  snapshotId: string,
  isOfReviews: boolean,
) => Promise<Finding | null>;

/** Compares a snapshot's recorded items with each other. Postgres does the counting, so memory use does not grow with the items. */
export async function checkContents(
  database: DatabaseOrTransaction,
  { id, source }: Pick<SnapshotRow, 'id' | 'source'>,
): Promise<Finding[]> {
  const checks: Check[] = [
    labelConflicts,
    duplicateImages,
    groupsInSeveralSplits,
    imagesInSeveralSplits,
    imagesInSeveralGroups,
    itemsWithoutGroup,
    itemsWithoutSplit,
  ];
  const findings: Finding[] = [];
  for (const check of checks) {
    const finding = await check(database, id, source === REVIEWS);
    if (finding) findings.push(finding);
  }
  return findings;
}

/** A row of a check's query. At most {@link EXAMPLES} rows are returned. */
interface Row {
  /** The number of cases before the limit. */
  total: number;
  /** Keys of the items of this case. */
  keys: string[];
  /** The text shown as an example. Defaults to the keys. */
  example?: string;
}

/**
 * The same bytes under two labels: at least one label is wrong, and a model can neither learn nor be evaluated on both.
 * This is an ERROR because a snapshot cannot be changed later, while the source is quickly corrected.
 */
const labelConflicts: Check = async (database, snapshotId) => {
  const rows = await database.$queryRaw<Row[]>`
    SELECT count(*) OVER ()::int AS total, (array_agg("key" ORDER BY "key"))[1:${EXAMPLES}] AS keys
    FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId}
    GROUP BY "imageSha256" HAVING count(DISTINCT "label") > 1
    ORDER BY min("key") LIMIT ${EXAMPLES}`;
  return findingOf(rows, (total) => ({
    check: 'label-conflict',
    severity: 'ERROR',
    message: `The same image has more than one label, in ${counted(total, 'case')}. Decide which label is correct and remove the other copies from the source.`,
  }));
};

const duplicateImages: Check = async (database, snapshotId) => {
  const rows = await database.$queryRaw<Row[]>`
    SELECT count(*) OVER ()::int AS total, (array_agg("key" ORDER BY "key"))[1:${EXAMPLES}] AS keys
    FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId}
    GROUP BY "imageSha256" HAVING count(*) > 1 AND count(DISTINCT "label") = 1
    ORDER BY min("key") LIMIT ${EXAMPLES}`;
  return findingOf(rows, (total) => ({
    check: 'duplicate-image',
    severity: 'WARNING',
    message: `Some images are in the source more than once: ${counted(total, 'image')}. Duplicates have more weight in training and may end up in both the training and the test data. Remove the extra copies.`,
  }));
};

const groupsInSeveralSplits: Check = async (database, snapshotId) => {
  const rows = await database.$queryRaw<Row[]>`
    SELECT count(*) OVER ()::int AS total, (array_agg("key" ORDER BY "key"))[1:${EXAMPLES}] AS keys,
      "group" || ': ' || string_agg(DISTINCT "split", ', ') AS example
    FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId} AND "group" IS NOT NULL
    GROUP BY "group" HAVING count(DISTINCT "split") > 1
    ORDER BY "group" LIMIT ${EXAMPLES}`;
  return findingOf(rows, (total) => ({
    check: 'group-in-several-splits',
    severity: 'ERROR',
    message: `Images of the same group (patient) are in more than one split, for ${counted(total, 'group')}: a model would be evaluated on patients it was trained on. Assign every group to one split.`,
  }));
};

const imagesInSeveralSplits: Check = async (database, snapshotId) => {
  const rows = await database.$queryRaw<Row[]>`
    SELECT count(*) OVER ()::int AS total, (array_agg("key" ORDER BY "key"))[1:${EXAMPLES}] AS keys
    FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId}
    GROUP BY "imageSha256" HAVING count(DISTINCT "split") > 1
    ORDER BY min("key") LIMIT ${EXAMPLES}`;
  return findingOf(rows, (total) => ({
    check: 'image-in-several-splits',
    severity: 'ERROR',
    message: `The same image is in more than one split, for ${counted(total, 'image')}: a model would be evaluated on images it was trained on. Keep each image in one split.`,
  }));
};

const imagesInSeveralGroups: Check = async (database, snapshotId) => {
  const rows = await database.$queryRaw<Row[]>`
    SELECT count(*) OVER ()::int AS total, (array_agg("key" ORDER BY "key"))[1:${EXAMPLES}] AS keys
    FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId}
    GROUP BY "imageSha256" HAVING count(DISTINCT "group") > 1
    ORDER BY min("key") LIMIT ${EXAMPLES}`;
  return findingOf(rows, (total) => ({
    check: 'image-in-several-groups',
    severity: 'WARNING',
    message: `The same image is assigned to more than one group (patient), for ${counted(total, 'image')}: its copies may end up in different splits. Decide which patient it belongs to.`,
  }));
};

const itemsWithoutGroup: Check = async (database, snapshotId, isOfReviews) => {
  const rows = await database.$queryRaw<Row[]>`
    SELECT count(*) OVER ()::int AS total, ARRAY["key"] AS keys
    FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId} AND "group" IS NULL
    ORDER BY "key" LIMIT ${EXAMPLES}`;
  const some = await database.datasetItem.count({ where: { snapshotId, group: { not: null } }, take: 1 });
  return findingOf(rows, (total) =>
    some === 0
      ? {
          check: 'no-groups',
          severity: 'WARNING',
          message:
            'It is not known which images come from the same patient, so they cannot be kept in the same split, and metrics will be too optimistic. ' +
            (isOfReviews
              ? 'Each image counts as a separate patient, because no prediction has a case reference. Give the case reference when you classify.'
              : 'Provide a groups CSV with the columns file and patient.'),
        }
      : {
          check: 'without-group',
          severity: 'WARNING',
          message: isOfReviews
            ? `The predictions of ${counted(total, 'image')} have no case reference: each is treated as a separate patient.`
            : `The groups CSV has no group for ${counted(total, 'image')}: each is treated as a separate patient.`,
        },
  );
};

const itemsWithoutSplit: Check = async (database, snapshotId) => {
  const some = await database.datasetItem.count({ where: { snapshotId, split: { not: null } }, take: 1 });
  if (some === 0) return null;
  const rows = await database.$queryRaw<Row[]>`
    SELECT count(*) OVER ()::int AS total, ARRAY["key"] AS keys
    FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId} AND "split" IS NULL
    ORDER BY "key" LIMIT ${EXAMPLES}`;
  return findingOf(rows, (total) => ({
    check: 'without-split',
    severity: 'ERROR',
    message: `The groups CSV gives a split for some images, but none for ${counted(total, 'image')}. Give a split for every image, or for none: then each training run splits by group.`,
  }));
};

/** The finding for the rows of a query, or null if there are none. */
function findingOf(
  rows: Row[],
  describe: (total: number) => Pick<Finding, 'check' | 'severity' | 'message'>,
): Finding | null {
  const [first] = rows;
  if (!first) return null;
  return {
    ...describe(first.total),
    count: first.total,
    examples: rows.map(({ keys, example }) => example ?? keys.join(' = ')),
    exampleKeys: rows.flatMap(({ keys }) => keys).slice(0, EXAMPLE_IMAGES),
  };
}
