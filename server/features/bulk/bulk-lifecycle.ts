import type { Database, Transaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';
import type { Skipped } from '../datasets/read-candidate.js';
import { type NewPrediction, recordPredictionsIn } from '../predictions/record-predictions.js';
import type { FileCounts } from './image-files.js';

/** A running bulk classification, with what the worker needs to run it. */
export interface StartedBulk {
  id: string;
  source: string;
  caseReference: string | null;
  createdById: string;
  version: { id: string; digest: string; modelName: string; version: number; status: string };
}

/** The result of one file: a prediction, or the reason why it has none. */
export type BulkAnswer = { key: string } & ({ answer: NewPrediction } | { skipped: Skipped });

/** The bulk classification was cancelled or has ended, so nothing more may be recorded for it. */
export class BulkNotRunningError extends Error {
  override readonly name = 'BulkNotRunningError';
}

/**
 * Takes a bulk classification up: QUEUED → RUNNING; a RUNNING one (its worker died) is taken up again. Null when there is
 * nothing to do: it has ended, is gone, or was cancelled while nobody carried it out, which is recorded here.
 */
export async function markBulkStarted(database: Database, id: string): Promise<StartedBulk | null> {
  await markBulkCancelled(database, id);
  await database.bulkClassification.updateMany({
    where: { id, status: 'QUEUED' },
    data: { status: 'RUNNING', startedAt: await databaseTime(database) },
  });
  const bulk = await database.bulkClassification.findFirst({
    where: { id, status: 'RUNNING' },
    include: { modelVersion: { include: { model: { select: { name: true } } } } },
  });
  if (!bulk) return null;
  const { source, caseReference, createdById, modelVersion } = bulk;
  const { digest, version, status, model } = modelVersion;
  return {
    id,
    source,
    caseReference,
    createdById,
    version: { id: modelVersion.id, digest, modelName: model.name, version, status },
  };
}

/**
 * Records how many files the listing shows. Those that an earlier attempt found to be no images are not counted among the images
 * again.
 */
export async function recordFileCounts(
  database: Database,
  id: string,
  { candidates, systemFiles }: FileCounts,
): Promise<void> {
  await database.$executeRaw`
    UPDATE "BulkClassification"
    SET "itemCount" = greatest(${candidates}::int - "notImageCount", 0), "systemFiles" = ${systemFiles}
    WHERE "id" = ${id} AND "status" = 'RUNNING'`;
}

/** Whether any file of it was an image, readable or not. */
export async function hasImages(database: Database, bulkId: string): Promise<boolean> {
  return (await database.bulkItem.findFirst({ where: { bulkId, notImage: false } })) !== null;
}

/** Which of these files have been dealt with already. */
export async function doneKeys(database: Database, bulkId: string, keys: string[]): Promise<Set<string>> {
  const items = await database.bulkItem.findMany({
    where: { bulkId, key: { in: keys } },
    select: { key: true },
  });
  return new Set(items.map(({ key }) => key));
}

/**
 * Records what became of some files, their predictions among it, in one transaction: so each file has one prediction and
 * one item, or none of both. Throws {@link BulkNotRunningError} where it was cancelled or has ended; and what Postgres says
 * where another worker, held to be dead, has recorded one of the files.
 */
export async function recordBulkAnswers(
  database: Database,
  id: string,
  answers: BulkAnswer[],
): Promise<void> {
  const made = answers.flatMap((answer) => ('answer' in answer ? [answer.answer] : []));
  await database.$transaction(async (tx) => {
    // First: the row is then this transaction's, and no other worker's.
    const skipped = answers.flatMap((answer) => ('skipped' in answer ? [answer.skipped] : []));
    const failed = skipped.filter(({ reason }) => reason === 'UNREADABLE').length;
    await countOrRefuse(tx, id, { done: made.length, failed, notImages: skipped.length - failed });
    if (made.length > 0) await recordPredictionsIn(tx, made);
    await tx.bulkItem.createMany({
      data: answers.map((item) => ({
        bulkId: id,
        key: item.key,
        ...('answer' in item
          ? { predictionId: item.answer.prediction.id }
          : { error: item.skipped.detail, notImage: item.skipped.reason === 'NOT_AN_IMAGE' }),
      })),
    });
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
  if (count === 0) throw new BulkNotRunningError(`Bulk classification ${id} is not running any more.`);
}

/** Ends one whose files have all been dealt with. */
export async function markBulkSucceeded(database: Database, id: string): Promise<void> {
  await database.bulkClassification.updateMany({
    where: { id, status: 'RUNNING' },
    data: { status: 'SUCCEEDED', finishedAt: await databaseTime(database) },
  });
}

/** Ends a running one that was asked to stop; changes no other. */
export async function markBulkCancelled(database: Database, id: string): Promise<void> {
  await database.bulkClassification.updateMany({
    where: { id, status: 'RUNNING', cancelRequestedAt: { not: null } },
    data: { status: 'CANCELLED', finishedAt: await databaseTime(database) },
  });
}

/** Ends one for good; `error` is a sentence for the person who started it. */
export async function markBulkFailed(database: Database, id: string, error: string): Promise<void> {
  await database.bulkClassification.updateMany({
    where: { id, status: { in: ['QUEUED', 'RUNNING'] } },
    data: { status: 'FAILED', error, finishedAt: await databaseTime(database) },
  });
}
