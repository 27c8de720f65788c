import type { DatabaseOrTransaction } from '../../../database/client.js';
import { counted, EXAMPLE_IMAGES, EXAMPLES, type Finding } from './finding.js';

type Check = (database: DatabaseOrTransaction, snapshotId: string) => Promise<Finding | null>;

/** What the recorded items of a snapshot show among each other. Postgres counts: memory does not grow with the items. */
export async function checkContents(database: DatabaseOrTransaction, snapshotId: string): Promise<Finding[]> {
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
    const finding = await check(database, snapshotId);
    if (finding) findings.push(finding);
  }
  return findings;
}

/** What one query counts and shows of the first {@link EXAMPLES}. */
interface Row {
  total: number;
  /** Keys of items. */
  keys: string[];
  /** What to say of them. Default: their keys. */
  example?: string;
}

/**
 * The same bytes under two labels: one of the two is wrong, and no model can learn or be measured on both. An ERROR, for
 * a wrong label in a snapshot stays wrong for ever, while at the source it takes a minute to remove.
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
    message: `The same image has more than one label, in ${counted(total, 'case')}. Decide which is right and remove the others from the source.`,
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
    message: `The same image lies in the source more than once, for ${counted(total, 'image')}: it counts more than others in training, and may be both learned from and measured on.`,
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
    message: `Images of the same group (patient) are in more than one split, for ${counted(total, 'group')}: a model would be measured on patients that it has learned from. Give every group one split.`,
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
    message: `The same image is in more than one split, for ${counted(total, 'image')}: a model would be measured on what it has learned from. Keep it in one.`,
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
    message: `The same image is given to more than one group (patient), for ${counted(total, 'image')}: splitting by group does not keep it together. Decide whose it is.`,
  }));
};

const itemsWithoutGroup: Check = async (database, snapshotId) => {
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
            'It is not known which images are of the same patient, so they cannot be kept together when data is split: figures will be better than the truth. Give a groups CSV (file, patient).',
        }
      : {
          check: 'without-group',
          severity: 'WARNING',
          message: `The groups CSV gives no group for ${counted(total, 'image')}: each counts as a patient of its own.`,
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
    message: `The groups CSV gives a split for some images and none for ${counted(total, 'image')}. Give one for all of them, or for none and each training run splits by group.`,
  }));
};

/** The finding about what a query found; null where it found nothing. */
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
