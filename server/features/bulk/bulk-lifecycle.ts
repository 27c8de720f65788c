import type { Database, Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { JobNotRunningError, type JobTable, startJob } from '../../jobs/job-table.js';
import type { ImageKind } from '../../database/generated/enums.js';
import type { Skipped } from '../datasets/read-candidate.js';
import { type NewField, recordFieldIn } from '../predictions/fields/record-field.js';
import { type NewPrediction, recordPredictionsIn } from '../predictions/record-predictions.js';
import type { FileCounts } from './image-files.js';

/** A running bulk classification, with what the worker needs to run it. */
export interface StartedBulk {
  id: string;
  source: string;
  siteId: string | null;
  caseReference: string | null;
  createdById: string;
  imageKind: ImageKind;
  version: { id: string; digest: string; modelName: string; version: number; status: string };
}

/** The result of one file: a prediction, a field, or the reason why it has none. */
export type BulkAnswer = { key: string } & (
  { answer: NewPrediction } | { field: NewField } | { skipped: Skipped }
);

export const bulkClassifications: JobTable = {
  name: 'BulkClassification',
  changeEvent: 'bulk-classification-changed',
};

/** Marks a bulk classification RUNNING. Returns null if there is nothing to do: it has ended or was cancelled. */
export async function startBulkClassification(database: Database, id: string): Promise<StartedBulk | null> {
  if (!(await startJob(database, bulkClassifications, id))) return null;
  const bulk = await database.bulkClassification.findFirst({
    where: { id, status: 'RUNNING' },
    include: { modelVersion: { include: { model: { select: { name: true } } } } },
  });
  if (!bulk) return null;
  const { source, siteId, caseReference, createdById, imageKind, modelVersion } = bulk;
  const { digest, version, status, model } = modelVersion;
  return {
    id,
    source,
    siteId,
    caseReference,
    createdById,
    imageKind,
    version: { id: modelVersion.id, digest, modelName: model.name, version, status },
  };
}

/**
 * Records the numbers of files in the listing. Files that an earlier attempt found not to be images are not counted as images.
 */
export async function recordFileCounts(
  database: Database,
  id: string,
  { candidates, systemFiles }: FileCounts,
): Promise<void> {
  await database.$transaction(async (tx) => {
    await tx.$executeRaw`
      UPDATE "BulkClassification"
      SET "itemCount" = greatest(${candidates}::int - "notImageCount", 0), "systemFiles" = ${systemFiles}
      WHERE "id" = ${id} AND "status" = 'RUNNING'`;
    await publish(tx, { type: bulkClassifications.changeEvent, id });
  });
}

/** The number of files that have been processed: with a prediction or field, unreadable, or not an image. */
export async function countProcessedFiles(database: Database, id: string): Promise<number> {
  const { doneCount, failedCount, notImageCount } = await database.bulkClassification.findUniqueOrThrow({
    where: { id },
  });
  return doneCount + failedCount + notImageCount;
}

/** Whether any of the files was an image, readable or not. */
export async function hasImages(database: Database, bulkId: string): Promise<boolean> {
  return (await database.bulkItem.findFirst({ where: { bulkId, notImage: false } })) !== null;
}

/** The keys of those files that have already been processed. */
export async function doneKeys(database: Database, bulkId: string, keys: string[]): Promise<Set<string>> {
  const items = await database.bulkItem.findMany({
    where: { bulkId, key: { in: keys } },
    select: { key: true },
  });
  return new Set(items.map(({ key }) => key));
}

/**
 * Records the results of some files with their predictions and fields in one transaction, so each file has either both a result and an
 * item, or neither. Throws JobNotRunningError if the job was cancelled or has ended, and the error of Postgres if another
 * worker, wrongly considered dead, has recorded one of the files.
 */
export async function recordBulkAnswers(
  database: Database,
  id: string,
  answers: BulkAnswer[],
): Promise<void> {
  const made = answers.flatMap((answer) => ('answer' in answer ? [answer.answer] : []));
  await database.$transaction(async (tx) => {
    // The first statement, because it locks the row of the job against other workers.
    const skipped = answers.flatMap((answer) => ('skipped' in answer ? [answer.skipped] : []));
    const failed = skipped.filter(({ reason }) => reason === 'UNREADABLE').length;
    await countOrRefuse(tx, id, {
      done: answers.length - skipped.length,
      failed,
      notImages: skipped.length - failed,
    });
    if (made.length > 0) await recordPredictionsIn(tx, made);
    for (const answer of answers) if ('field' in answer) await recordFieldIn(tx, answer.field);
    await tx.bulkItem.createMany({
      data: answers.map((item) => ({
        bulkId: id,
        key: item.key,
        ...('answer' in item
          ? { predictionId: item.answer.prediction.id }
          : 'field' in item
            ? { fieldId: item.field.field.id }
            : { error: item.skipped.detail, notImage: item.skipped.reason === 'NOT_AN_IMAGE' }),
      })),
    });
    await publish(tx, { type: bulkClassifications.changeEvent, id });
  });
}

async function countOrRefuse(
  tx: Transaction,
  id: string,
  { done, failed, notImages }: { done: number; failed: number; notImages: number },
): Promise<void> {
  const { count } = await tx.bulkClassification.updateMany({
    where: { id, status: 'RUNNING', cancelRequestedAt: null },
    data: {
      doneCount: { increment: done },
      failedCount: { increment: failed },
      notImageCount: { increment: notImages },
      itemCount: { decrement: notImages },
    },
  });
  if (count === 0) throw new JobNotRunningError(id);
}
