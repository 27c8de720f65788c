import pg from 'pg';
import type { Database, Transaction } from '../../database/client.js';
import { notifications, payloadsOf } from '../../database/events.js';
import { runStatement, statement } from '../../database/statement.js';
import { type Actor, auditEventsInsert, auditRowsOf } from '../audit/record-audit-event.js';
import type { ImageRow } from '../images/types.js';
import type { PredictionRow } from './load-predictions.js';

/** A prediction to be recorded. */
export interface NewPrediction {
  actor: Actor;
  prediction: Omit<PredictionRow, 'createdAt' | 'reviewed'>;
  /** The image, which is in the object store. */
  image: ImageRow;
  /** The encoded evidence map; null for a repeat, which shares that of the prediction it repeats. */
  evidence: Uint8Array | null;
}

/**
 * Writes predictions with their images (each image once) and audit events, and notifies subscribers. Returns the `createdAt` of
 * each prediction. All of it is one statement, and so one transaction: one round trip to Postgres and one commit.
 */
export async function recordPredictions(
  database: Database,
  news: readonly NewPrediction[],
): Promise<readonly Date[]> {
  const recorded = await runStatement<Recorded>(database, insertPredictions, valuesOf(news));
  const times = new Map(recorded.map(({ id, createdAt }) => [id, createdAt]));
  return news.map(({ prediction: { id } }) => {
    const time = times.get(id);
    if (!time) throw new Error(`Postgres returned no time for the recorded prediction ${id}.`);
    return time;
  });
}

/** Does the same within a transaction. */
export async function recordPredictionsIn(
  transaction: Transaction,
  news: readonly NewPrediction[],
): Promise<void> {
  await transaction.$queryRawUnsafe<Recorded[]>(insertPredictions.text, ...valuesOf(news));
}

interface Recorded {
  id: string;
  createdAt: Date;
}

// The rows are sent as JSON, which keeps every float64 exactly. Images are inserted in the order of their keys, so that
// concurrent statements cannot deadlock on them.
const insertPredictions = statement(`
  WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS row (
      id text, "createdById" text, "siteId" text, "caseReference" text, "fileName" text, "imageSha256" text, "modelVersionId" text,
      outcome "PredictionOutcome", label text, confidence float8, probabilities float8[],
      "outOfDistributionScore" float8, "qualityWarnings" text[], evidence bytea, "repeatOfId" text,
      "decodeMs" float8, "queueMs" float8, "inferenceMs" float8, "totalMs" float8,
      width int, height int, "byteSize" int, "mediaType" text
    )
  ), image AS (
    INSERT INTO "Image" (sha256, width, height, "byteSize", "mediaType")
    SELECT DISTINCT ON ("imageSha256") "imageSha256", width, height, "byteSize", "mediaType" FROM given
    WHERE "repeatOfId" IS NULL ORDER BY "imageSha256"
    ON CONFLICT DO NOTHING
  ), prediction AS (
    INSERT INTO "Prediction" (
      id, "createdById", "siteId", "caseReference", "fileName", "imageSha256", "modelVersionId", outcome, label, confidence,
      probabilities, "outOfDistributionScore", "qualityWarnings", evidence, "repeatOfId",
      "decodeMs", "queueMs", "inferenceMs", "totalMs"
    )
    SELECT
      id, "createdById", "siteId", "caseReference", "fileName", "imageSha256", "modelVersionId", outcome, label, confidence,
      probabilities, "outOfDistributionScore", "qualityWarnings", evidence, "repeatOfId",
      "decodeMs", "queueMs", "inferenceMs", "totalMs"
    FROM given
    RETURNING id, "createdAt"
  ), event AS (
    ${auditEventsInsert('$2')}
  ), notified AS (
    ${notifications('$3')}
  )
  SELECT id, "createdAt" FROM prediction WHERE (SELECT count(*) FROM notified) > 0`);

/** The parameters of `insertPredictions`. */
function valuesOf(news: readonly NewPrediction[]): [rows: string, audit: string, payloads: string[]] {
  const rows = news.map(({ prediction, image: { width, height, byteSize, mediaType }, evidence }) => ({
    ...prediction,
    evidence: evidence && `\\x${Buffer.from(evidence).toString('hex')}`,
    ...{ width, height, byteSize, mediaType },
  }));
  const audit = news.map(({ actor, prediction: { id, outcome, label, confidence } }) => ({
    actor,
    entry: { action: 'IMAGE_CLASSIFIED', entityId: id, answer: { outcome, label, confidence } } as const,
  }));
  const events = news.map(
    ({ prediction: { id, siteId } }) => ({ type: 'prediction-created', id, siteId }) as const,
  );
  return [JSON.stringify(rows), auditRowsOf(audit), payloadsOf(events)];
}

/**
 * Whether Postgres wrote nothing of a statement because of its rows or because of a conflict with another transaction: SQLSTATE
 * classes 22 (data exception), 23 (integrity constraint violation) and 40 (transaction rollback, for example after a deadlock).
 */
export function isFaultOfRows(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(22|23|40)/.test(error.code ?? '');
}

/** Constraints that a row breaks if its image, or the prediction that it repeats, was erased after it was looked up. */
const BROKEN_BY_ERASURE = [
  'Prediction_repeatOfId_fkey',
  'Prediction_imageSha256_fkey',
  'Image_is_not_erased',
];

/** Whether a prediction could not be recorded because its image was erased at the same time. Answering it again succeeds. */
export function isErasedMeanwhile(error: unknown): boolean {
  return error instanceof pg.DatabaseError && BROKEN_BY_ERASURE.includes(error.constraint ?? '');
}
