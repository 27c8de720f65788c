import type { Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';

/** Every kind of audit event: what was done, in the past tense, as it reads in the audit trail. */
export const AuditAction = {
  SIGNED_IN: 'SIGNED_IN',
  SIGNED_OUT: 'SIGNED_OUT',
  PASSWORD_CHANGED: 'PASSWORD_CHANGED',
  FIRST_ADMIN_CREATED: 'FIRST_ADMIN_CREATED',
  ONE_TIME_PASSWORD_RENEWED: 'ONE_TIME_PASSWORD_RENEWED',
  API_TOKEN_CREATED: 'API_TOKEN_CREATED',
  API_TOKEN_REVOKED: 'API_TOKEN_REVOKED',
  IMAGE_CLASSIFIED: 'IMAGE_CLASSIFIED',
  BULK_CLASSIFICATION_STARTED: 'BULK_CLASSIFICATION_STARTED',
  BULK_CLASSIFICATION_CANCELLED: 'BULK_CLASSIFICATION_CANCELLED',
  PREDICTION_REVIEWED: 'PREDICTION_REVIEWED',
  MODEL_VERSION_REGISTERED: 'MODEL_VERSION_REGISTERED',
  MODEL_VERSION_PROMOTED: 'MODEL_VERSION_PROMOTED',
  MODEL_ROLLED_BACK: 'MODEL_ROLLED_BACK',
  MODEL_VERSION_RETIRED: 'MODEL_VERSION_RETIRED',
  MODEL_VERSION_ARCHIVED: 'MODEL_VERSION_ARCHIVED',
  PROMOTION_APPROVED: 'PROMOTION_APPROVED',
  DATASET_SNAPSHOT_CREATED: 'DATASET_SNAPSHOT_CREATED',
  TRAINING_STARTED: 'TRAINING_STARTED',
  TRAINING_CANCELLED: 'TRAINING_CANCELLED',
  MODEL_EVALUATION_STARTED: 'MODEL_EVALUATION_STARTED',
  TRAINING_SCHEDULE_SET: 'TRAINING_SCHEDULE_SET',
  TRAINING_SCHEDULE_TICKED: 'TRAINING_SCHEDULE_TICKED',
} as const;

export type AuditAction = (typeof AuditAction)[keyof typeof AuditAction];

export interface AuditEntry {
  action: AuditAction;
  /** What it was done to. */
  entityId?: string;
  /** Default: success. */
  outcome?: 'success' | 'failure';
  /** What the action and the entity leave open, for a person to read; never a secret. */
  detail?: string;
}

/** Who did it (null: the system itself, or somebody unknown) and from what address. */
export interface Actor {
  viewer: { id: string } | null;
  ip: string | null;
}

/** Appends to the audit trail, in the transaction of what it tells of: either both happened or neither. */
export async function recordAuditEvent(tx: Transaction, actor: Actor, entry: AuditEntry): Promise<void> {
  await tx.$executeRawUnsafe(auditEventsInsert('$1'), auditRowsOf([{ actor, entry }]));
}

/**
 * The same for any number of them, as an INSERT without a result, for operations that are one statement in all.
 * @param parameter '$1', for instance, which stands for `auditRowsOf(events)`
 */
export function auditEventsInsert(parameter: string): string {
  return `
    INSERT INTO "AuditEvent" (id, "actorId", action, "entityId", outcome, ip, detail)
    SELECT * FROM json_to_recordset(${parameter}::json) AS row (
      id text, "actorId" text, action text, "entityId" text, outcome text, ip text, detail text
    )`;
}

/** As JSON. */
export function auditRowsOf(events: readonly { actor: Actor; entry: AuditEntry }[]): string {
  const rows = events.map(({ actor: { viewer, ip }, entry: { outcome = 'success', ...entry } }) => ({
    ...entry,
    id: newId('aud'),
    actorId: viewer?.id ?? null,
    ip,
    outcome,
  }));
  return JSON.stringify(rows);
}
