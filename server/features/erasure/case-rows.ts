import type { DatabaseOrTransaction, Transaction } from '../../database/client.js';
import { eraseRequests, lockRequestsOfCase } from '../client-requests/client-request.js';

/** The ids of everything that is recorded about a case. */
export interface CaseRows {
  predictionIds: string[];
  fieldIds: string[];
  reviewCount: number;
  /** Signed reports. */
  reportCount: number;
  /** Items of snapshots of reviewed predictions. */
  datasetItems: { snapshotId: string; key: string }[];
  bulkClassifications: { id: string; isUnfinished: boolean }[];
  /** SHA-256 of the images that only this case uses, and of those that were cut out of them. */
  imageSha256s: string[];
  /** SHA-256 of the images that other predictions or dataset snapshots use too. */
  sharedImageSha256s: string[];
  /** The snapshots that use them. */
  snapshotIds: string[];
  /** The cases with the reference, at most one at each site. */
  caseIds: string[];
  /** Whether the audit trail has a key for the pseudonym of the case. */
  hasKey: boolean;
}

/** Finds the rows of a case. */
export async function findCaseRows(
  database: DatabaseOrTransaction,
  caseReference: string,
): Promise<CaseRows> {
  const predictions = await database.$queryRaw<{ id: string; imageSha256: string }[]>`
    SELECT id, "imageSha256" FROM "Prediction" WHERE "caseReference" = ${caseReference}`;
  const predictionIds = predictions.map(({ id }) => id);
  const fields = await database.$queryRaw<{ id: string; imageSha256: string }[]>`
    SELECT id, "imageSha256" FROM "Field" WHERE "caseReference" = ${caseReference}`;
  const items = await database.$queryRaw<{ snapshotId: string; key: string; imageSha256: string }[]>`
    SELECT "snapshotId", key, "imageSha256" FROM "DatasetItem"
    WHERE ("snapshotId", key) IN (SELECT "snapshotId", key FROM "DatasetItemReview" WHERE "predictionId" = ANY(${predictionIds}))
    ORDER BY "snapshotId", key`;
  const all = [...new Set([...predictions, ...fields, ...items].map(({ imageSha256 }) => imageSha256))];
  const shared = await database.$queryRaw<{ sha256: string; snapshotIds: string[] }[]>`
    SELECT sha256, "snapshotIds" FROM unnest(${all}::text[]) AS sha256
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(DISTINCT "snapshotId"), '{}') AS "snapshotIds" FROM "DatasetItem" AS item
      WHERE "imageSha256" = sha256 AND NOT EXISTS (
        SELECT FROM "DatasetItemReview" AS of WHERE (of."snapshotId", of.key) = (item."snapshotId", item.key)
          AND of."predictionId" = ANY(${predictionIds}))
    ) AS item
    WHERE cardinality("snapshotIds") > 0 OR EXISTS (
      SELECT FROM "Prediction" WHERE "imageSha256" = sha256 AND "caseReference" IS DISTINCT FROM ${caseReference})
    OR EXISTS (
      SELECT FROM "Field" WHERE "imageSha256" = sha256 AND "caseReference" IS DISTINCT FROM ${caseReference})`;
  const sharedImageSha256s = shared.map(({ sha256 }) => sha256);
  const isShared = new Set(sharedImageSha256s);
  const bulkClassifications = await database.bulkClassification.findMany({
    where: { caseReference },
    select: { id: true, status: true },
  });
  const [reviews] = await database.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM "Review" WHERE "predictionId" = ANY(${predictionIds})`;
  const cases = await database.case.findMany({ where: { reference: caseReference }, select: { id: true } });
  const caseIds = cases.map(({ id }) => id);
  return {
    predictionIds,
    caseIds,
    fieldIds: fields.map(({ id }) => id),
    reviewCount: reviews?.count ?? 0,
    reportCount: await database.report.count({ where: { caseId: { in: caseIds } } }),
    datasetItems: items.map(({ snapshotId, key }) => ({ snapshotId, key })),
    bulkClassifications: bulkClassifications.map(({ id, status }) => ({
      id,
      isUnfinished: status === 'QUEUED' || status === 'RUNNING',
    })),
    imageSha256s: all.filter((sha256) => !isShared.has(sha256)),
    sharedImageSha256s,
    snapshotIds: [...new Set(shared.flatMap(({ snapshotIds }) => snapshotIds))].sort(),
    hasKey: (await database.caseKey.count({ where: { caseReference } })) > 0,
  };
}

/**
 * Locks the rows of a case until the end of the transaction, so that nothing can be added to them: neither a review or a repeat of
 * a prediction, nor a further use of an image. In the order of keys, like everything that locks several of them.
 */
export async function lockCaseRows(tx: Transaction, caseReference: string): Promise<void> {
  await lockRequestsOfCase(tx, caseReference);
  await tx.$queryRaw`
    SELECT FROM "BulkClassification" WHERE "caseReference" = ${caseReference} ORDER BY id FOR UPDATE`;
  await tx.$queryRaw`
    SELECT FROM "Image" WHERE sha256 IN (
      SELECT "imageSha256" FROM "Prediction" WHERE "caseReference" = ${caseReference}
      UNION ALL SELECT "imageSha256" FROM "Field" WHERE "caseReference" = ${caseReference}
      UNION ALL SELECT item."imageSha256" FROM "DatasetItem" AS item
        JOIN "DatasetItemReview" AS of ON (of."snapshotId", of.key) = (item."snapshotId", item.key)
        JOIN "Prediction" AS prediction ON prediction.id = of."predictionId"
        WHERE prediction."caseReference" = ${caseReference})
    ORDER BY sha256 FOR UPDATE`;
  await tx.$queryRaw`SELECT FROM "Field" WHERE "caseReference" = ${caseReference} ORDER BY id FOR UPDATE`;
  await tx.$queryRaw`SELECT FROM "Prediction" WHERE "caseReference" = ${caseReference} ORDER BY id FOR UPDATE`;
  // Last, as a prediction does when it is recorded. Afterwards everything that named the case before is committed.
  await tx.$queryRaw`SELECT FROM "Case" WHERE reference = ${caseReference} ORDER BY "siteId" FOR UPDATE`;
}

/**
 * Deletes the rows of a case, in the order of their foreign keys. The transaction must have recorded the erasure, because
 * triggers refuse it otherwise (docs/decisions/0034-recorded-erasure.md).
 */
export async function deleteCaseRows(
  tx: Transaction,
  { predictionIds, fieldIds, datasetItems, bulkClassifications, imageSha256s, caseIds }: CaseRows,
): Promise<void> {
  const bulkIds = bulkClassifications.map(({ id }) => id);
  await letOthersAnswerFirst(tx, predictionIds);
  const reviews = await tx.$queryRaw<
    { id: string }[]
  >`SELECT id FROM "Review" WHERE "predictionId" = ANY(${predictionIds})`;
  await eraseRequests(tx, [...predictionIds, ...fieldIds, ...bulkIds, ...reviews.map(({ id }) => id)]);
  await tx.$executeRaw`
    DELETE FROM "DatasetItem" AS item USING json_to_recordset(${JSON.stringify(datasetItems)}::json) AS erased ("snapshotId" text, key text)
    WHERE item."snapshotId" = erased."snapshotId" AND item.key = erased.key`;
  await tx.$executeRaw`DELETE FROM "Review" WHERE "predictionId" = ANY(${predictionIds})`;
  await tx.$executeRaw`DELETE FROM "DeviceAnswer" WHERE "predictionId" = ANY(${predictionIds})`;
  await tx.$executeRaw`DELETE FROM "ShadowAnswer" WHERE "predictionId" = ANY(${predictionIds})`;
  await tx.$executeRaw`
    DELETE FROM "BulkItem" WHERE "predictionId" = ANY(${predictionIds}) OR "fieldId" = ANY(${fieldIds})
      OR "bulkId" = ANY(${bulkIds})`;
  await tx.$executeRaw`DELETE FROM "Prediction" WHERE id = ANY(${predictionIds})`;
  await tx.$executeRaw`DELETE FROM "Field" WHERE id = ANY(${fieldIds})`;
  await tx.$executeRaw`DELETE FROM "Image" WHERE sha256 = ANY(${imageSha256s})`;
  await tx.$executeRaw`
    INSERT INTO "ErasedImage" (sha256) SELECT unnest(${imageSha256s}::text[])
    ON CONFLICT (sha256) DO UPDATE SET "erasedAt" = transaction_timestamp(), "deletedAt" = NULL`;
  // What is left of a bulk classification: when it ran, who started it, and with which version.
  await tx.$executeRaw`
    UPDATE "BulkClassification"
    SET "caseReference" = NULL, source = '', error = NULL, "erasedAt" = transaction_timestamp(),
      "itemCount" = 0, "doneCount" = 0, "failedCount" = 0, "notImageCount" = 0, "systemFiles" = 0
    WHERE id = ANY(${bulkIds})`;
  await tx.$executeRaw`DELETE FROM "ReportDraft" WHERE "caseId" = ANY(${caseIds})`;
  await tx.$executeRaw`DELETE FROM "Report" WHERE "caseId" = ANY(${caseIds})`;
  await tx.$executeRaw`DELETE FROM "Case" WHERE id = ANY(${caseIds})`;
}

/**
 * Predictions of other cases that repeat a prediction of this one take their evidence map from it. The oldest of them becomes the
 * first answer, with a copy of the map, and the others repeat that one.
 */
async function letOthersAnswerFirst(tx: Transaction, predictionIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    WITH repeat AS (
      SELECT id, "repeatOfId", first_value(id) OVER (PARTITION BY "repeatOfId" ORDER BY "createdAt", id) AS heir
      FROM "Prediction" WHERE "repeatOfId" = ANY(${predictionIds}) AND NOT id = ANY(${predictionIds})
    )
    UPDATE "Prediction" AS prediction
    SET evidence = CASE WHEN repeat.id = heir THEN first.evidence END,
      "repeatOfId" = CASE WHEN repeat.id <> heir THEN heir END
    FROM repeat JOIN "Prediction" AS first ON first.id = repeat."repeatOfId"
    WHERE prediction.id = repeat.id`;
}
