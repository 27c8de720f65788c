import { UserErrorCode, userError } from '../../../api/user-error.js';
import type { Database, Transaction } from '../../../database/client.js';
import { type Actor, recordAuditEvent } from '../../audit/record-audit-event.js';
import type { ImageRow } from '../../images/types.js';
import { claimRequest, type ClientRequest } from '../../client-requests/client-request.js';
import { type NewPrediction, recordPredictionsIn } from '../record-predictions.js';
import type { FieldRow } from './load-fields.js';

/** A field to be recorded, with all of its predictions. */
export interface NewField {
  actor: Actor;
  field: Omit<FieldRow, 'createdAt'>;
  /** The image, which is in the object store. */
  image: ImageRow;
  predictions: readonly NewPrediction[];
  /** The prediction of the same image that the field was made from; null if the image was sent. */
  ofPrediction: string | null;
  /** The request of a program that may repeat it. */
  clientRequest: { userId: string; request: ClientRequest } | null;
}

/** Recording 500 predictions takes less than a second. */
const TIMEOUT_MS = 60_000;

/** What the database determines when a field is recorded. */
export type RecordedField = Pick<FieldRow, 'createdAt' | 'caseReference'>;

/**
 * Writes a field with its image, all of its predictions and the audit events in one transaction. A field that was made from a
 * prediction is recorded in the present case of the prediction. Returns null if nothing was written, because the user has made
 * another field with the same request key.
 */
export function recordField(database: Database, field: NewField): Promise<RecordedField | null> {
  return database.$transaction((tx) => recordFieldIn(tx, field), { timeout: TIMEOUT_MS });
}

/** Does the same within a transaction. */
export async function recordFieldIn(
  tx: Transaction,
  { actor, field, image, predictions, ofPrediction, clientRequest }: NewField,
): Promise<RecordedField | null> {
  const caseReference =
    ofPrediction === null ? field.caseReference : await keepPrediction(tx, ofPrediction, image.sha256);
  if (clientRequest) {
    const { userId, request } = clientRequest;
    if (!(await claimRequest(tx, userId, request, field.id))) return null;
  }
  const { sha256, width, height, byteSize, mediaType } = image;
  await tx.image.createMany({ data: { sha256, width, height, byteSize, mediaType }, skipDuplicates: true });
  const { scale, ...others } = field;
  const { createdAt } = await tx.field.create({
    data: { ...others, caseReference, ...(scale && { scale }) },
    select: { createdAt: true },
  });
  await recordAuditEvent(tx, actor, {
    action: 'FIELD_CLASSIFIED',
    entityId: field.id,
    detail:
      `Cells classified: ${predictions.length}. Cells left out: ${field.leftOut.length}.` +
      (ofPrediction === null ? '' : ` From the image of ${ofPrediction}.`),
  });
  const ofCase = predictions.map((each) => ({ ...each, prediction: { ...each.prediction, caseReference } }));
  if (ofCase.length > 0) await recordPredictionsIn(tx, ofCase);
  return { createdAt, caseReference };
}

/**
 * Keeps a prediction and its image from being moved or erased until the end of the transaction, and returns the case reference of the
 * prediction. Throws the user error NOT_FOUND if it was erased.
 */
async function keepPrediction(tx: Transaction, id: string, imageSha256: string): Promise<string | null> {
  await tx.$queryRaw`SELECT FROM "Image" WHERE sha256 = ${imageSha256} FOR KEY SHARE`; // first, as an erasure does
  const [found] = await tx.$queryRaw<{ caseReference: string | null }[]>`
    SELECT "caseReference" FROM "Prediction" WHERE id = ${id} FOR KEY SHARE`;
  if (found) return found.caseReference;
  throw userError(UserErrorCode.NOT_FOUND, 'There is no such prediction.', ['input', 'predictionId']);
}
