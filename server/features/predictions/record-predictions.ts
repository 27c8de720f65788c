import pg from 'pg';
import type { Database, Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { type Statement, runStatement, statement } from '../../database/statement.js';
import { type Actor, AuditAction, auditEventsInsert, columnsOf } from '../audit/record-audit-event.js';
import type { NewDeviceAnswer } from './device-answers/valid-device-answer.js';
import type { ImageRow } from '../images/types.js';
import { type ClientRequest, clientRequestsInsert } from '../client-requests/client-request.js';
import { firstAnswerTo } from './first-answer-sql.js';
import type { PredictionRow } from './load-predictions.js';

/** A prediction to be recorded. */
export interface NewPrediction {
  actor: Actor;
  prediction: Omit<PredictionRow, 'createdAt' | 'reviewed'>;
  /** The image, which is in the object store. */
  image: ImageRow;
  /** The encoded evidence map; null for a repeat, which shares that of the prediction it repeats. */
  evidence: Uint8Array | null;
  /** The request of a program that may repeat it. */
  clientRequest?: ClientRequest | null;
  /** What the user's device answered before. */
  deviceAnswer?: NewDeviceAnswer | null;
  /** Whether nobody looked for an earlier answer to the same question. If there is one, the prediction is not recorded. */
  isUnchecked?: boolean;
}

/**
 * Writes predictions with their images (each image once) and audit events. Returns the `createdAt` of
 * each prediction; null where nothing was written because the user has made another one with the same request key, or because
 * an unchecked one has an earlier answer. All of it is one statement, and so one transaction: one round trip to Postgres and one commit.
 */
export async function recordPredictions(
  database: Database,
  news: readonly NewPrediction[],
): Promise<readonly (Date | null)[]> {
  const recorded = await runStatement<Recorded>(database, statementFor(news), [rowsOf(news)]);
  const times = new Map(recorded.map(({ id, createdAt }) => [id, createdAt]));
  return news.map(({ prediction: { id }, clientRequest, isUnchecked }) => {
    const time = times.get(id) ?? null;
    if (!time && !clientRequest && !isUnchecked)
      throw new Error(`Postgres returned no time for the recorded prediction ${id}.`);
    return time;
  });
}

/** Does the same within a transaction. */
export async function recordPredictionsIn(
  transaction: Transaction,
  news: readonly NewPrediction[],
): Promise<void> {
  await transaction.$queryRawUnsafe<Recorded[]>(statementFor(news).text, rowsOf(news));
}

interface Recorded {
  id: string;
  createdAt: Date;
}

// The rows are sent as JSON, which keeps every float64 exactly. Images are inserted in the order of their keys, so that
// concurrent statements cannot deadlock on them.
function insertPredictions(hasExtras: boolean): Statement {
  const claimed = `, claimed AS (
    ${clientRequestsInsert(`
      SELECT DISTINCT ON ("createdById", "requestKey") "createdById", "requestKey", "requestSha256", id FROM unanswered
      WHERE "requestKey" IS NOT NULL ORDER BY "createdById", "requestKey"`)}
  ), accepted AS MATERIALIZED (
    SELECT * FROM unanswered WHERE "requestKey" IS NULL OR id IN (SELECT "entityId" FROM claimed)
  )`;
  const ofDevice = `, of_device AS (
    INSERT INTO "DeviceAnswer" ("predictionId", "modelVersionId", outcome, label, probability, "answeredAt")
    SELECT accepted.id, answer."modelVersionId", answer.outcome, answer.label, answer.probability, answer."answeredAt"
    FROM accepted, json_to_record("deviceAnswer") AS answer (
      "modelVersionId" text, outcome "PredictionOutcome", label text, probability float8, "answeredAt" timestamptz
    ) WHERE json_typeof("deviceAnswer") = 'object'
  )`;
  return statement(`
    WITH ${hasExtras ? 'unanswered' : 'accepted'} AS MATERIALIZED (
      SELECT * FROM json_to_recordset($1::json) AS sent (
        id text, "createdById" text, "siteId" text, "caseReference" text, "fileName" text, "imageSha256" text, "modelVersionId" text,
        outcome "PredictionOutcome", label text, confidence float8, probabilities float8[],
        "cellTypes" float8[], "cellType" text,
        "outOfDistributionScore" float8, "qualityWarnings" text[], evidence bytea, "repeatOfId" text,
        "fieldId" text, region int[], frame int[],
        "decodeMs" float8, "queueMs" float8, "inferenceMs" float8, "totalMs" float8,
        width int, height int, "byteSize" int, "mediaType" text, "isUnchecked" boolean,
        "eventId" text, "actorId" text, ip text, "requestId" text, "credentialId" text,
        "requestKey" text, "requestSha256" text, "deviceAnswer" json
      )
      WHERE NOT ("isUnchecked" AND EXISTS (${firstAnswerTo('sent')}))
    )${hasExtras ? claimed : ''}, image AS (
      INSERT INTO "Image" (sha256, width, height, "byteSize", "mediaType")
      SELECT "imageSha256", width, height, "byteSize", "mediaType" FROM accepted
      WHERE "repeatOfId" IS NULL ORDER BY "imageSha256"
      ON CONFLICT DO NOTHING
    )${hasExtras ? ofDevice : ''}, event AS (
      ${auditEventsInsert(`
        SELECT "eventId", "actorId", '${AuditAction.IMAGE_CLASSIFIED}', id, 'success', ip, NULL, "requestId", "credentialId", NULL,
          jsonb_build_object('outcome', outcome, 'label', label, 'confidence', confidence) FROM accepted`)}
    )
    INSERT INTO "Prediction" (${COLUMNS}) SELECT ${COLUMNS} FROM accepted RETURNING id, "createdAt"`);
}

const COLUMNS = `
  id, "createdById", "siteId", "caseReference", "fileName", "imageSha256", "modelVersionId", outcome, label, confidence,
  probabilities, "cellTypes", "cellType", "outOfDistributionScore", "qualityWarnings", evidence, "repeatOfId", "fieldId", region, frame,
  "decodeMs", "queueMs", "inferenceMs", "totalMs"`;

const [usual, withExtras] = [insertPredictions(false), insertPredictions(true)];

/**
 * The statement without the parts for requests that may be repeated and for answers of devices, if no prediction has any: Postgres
 * prepares each part whenever the statement runs, even for no rows.
 */
function statementFor(news: readonly NewPrediction[]): Statement {
  return news.some(({ clientRequest, deviceAnswer }) => clientRequest || deviceAnswer) ? withExtras : usual;
}

/** The parameter of `insertPredictions`. */
function rowsOf(news: readonly NewPrediction[]): string {
  const rows = news.map((each) => {
    const { prediction, image, evidence, actor, clientRequest, deviceAnswer, isUnchecked } = each;
    const { width, height, byteSize, mediaType } = image;
    return {
      ...prediction,
      evidence: evidence && `\\x${Buffer.from(evidence).toString('hex')}`,
      ...{ width, height, byteSize, mediaType },
      isUnchecked: isUnchecked ?? false,
      eventId: newId('aud'),
      ...columnsOf(actor),
      ...(clientRequest && { requestKey: clientRequest.key, requestSha256: clientRequest.contentSha256 }),
      ...(deviceAnswer && { deviceAnswer }),
    };
  });
  return JSON.stringify(rows);
}

/**
 * Whether Postgres wrote nothing of a statement because of its rows or because of a conflict with another transaction: SQLSTATE
 * classes 22 (data exception), 23 (integrity constraint violation) and 40 (transaction rollback, for example after a deadlock).
 */
export function isFaultOfRows(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(22|23|40)/.test(error.code ?? '');
}
