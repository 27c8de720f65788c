import type { Database, Transaction } from '../../../database/client.js';
import { type Actor, recordAuditEvent } from '../../audit/record-audit-event.js';
import type { ImageRow } from '../../images/types.js';
import { claimRequest, type ClientRequest } from '../client-request.js';
import { type NewPrediction, recordPredictionsIn } from '../record-predictions.js';
import type { FieldRow } from './load-fields.js';

/** A field to be recorded, with all of its predictions. */
export interface NewField {
  actor: Actor;
  field: Omit<FieldRow, 'createdAt'>;
  /** The image, which is in the object store. */
  image: ImageRow;
  predictions: readonly NewPrediction[];
  /** The request of a program that may repeat it. */
  clientRequest: { userId: string; request: ClientRequest } | null;
}

/** Recording 500 predictions takes less than a second. */
const TIMEOUT_MS = 60_000;

/**
 * Writes a field with its image, all of its predictions and the audit events in one transaction. Returns its `createdAt`; null if
 * nothing was written, because the user has made another field with the same request key.
 */
export function recordField(database: Database, field: NewField): Promise<Date | null> {
  return database.$transaction((tx) => recordFieldIn(tx, field), { timeout: TIMEOUT_MS });
}

/** Does the same within a transaction. */
export async function recordFieldIn(
  tx: Transaction,
  { actor, field, image, predictions, clientRequest }: NewField,
): Promise<Date | null> {
  if (clientRequest) {
    const { userId, request } = clientRequest;
    if (!(await claimRequest(tx, userId, request, field.id))) return null;
  }
  const { sha256, width, height, byteSize, mediaType } = image;
  await tx.image.createMany({ data: { sha256, width, height, byteSize, mediaType }, skipDuplicates: true });
  const { scale, ...others } = field;
  const { createdAt } = await tx.field.create({
    data: { ...others, ...(scale && { scale }) },
    select: { createdAt: true },
  });
  await recordAuditEvent(tx, actor, {
    action: 'FIELD_CLASSIFIED',
    entityId: field.id,
    detail: `Cells classified: ${predictions.length}. Cells left out: ${field.leftOut.length}.`,
  });
  if (predictions.length > 0) await recordPredictionsIn(tx, predictions);
  return createdAt;
}
