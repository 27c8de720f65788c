import type { Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';

/** The kinds of audit events: what was done, in the past tense. */
export const AuditAction = {
  SIGNED_IN: 'SIGNED_IN',
  SIGNED_OUT: 'SIGNED_OUT',
  PASSWORD_CHANGED: 'PASSWORD_CHANGED',
  FIRST_ADMIN_CREATED: 'FIRST_ADMIN_CREATED',
  ONE_TIME_PASSWORD_RENEWED: 'ONE_TIME_PASSWORD_RENEWED',
  PASSWORD_RESET: 'PASSWORD_RESET',
  USER_CREATED: 'USER_CREATED',
  USER_ROLES_SET: 'USER_ROLES_SET',
  USER_SITES_SET: 'USER_SITES_SET',
  SITE_CREATED: 'SITE_CREATED',
  SITE_RENAMED: 'SITE_RENAMED',
  USER_DISABLED: 'USER_DISABLED',
  USER_ENABLED: 'USER_ENABLED',
  IDENTITY_LINKED: 'IDENTITY_LINKED',
  EMERGENCY_ACCOUNT_USED: 'EMERGENCY_ACCOUNT_USED',
  SESSION_ENDED: 'SESSION_ENDED',
  ALL_SESSIONS_ENDED: 'ALL_SESSIONS_ENDED',
  SECOND_FACTOR_ADDED: 'SECOND_FACTOR_ADDED',
  SECOND_FACTOR_REMOVED: 'SECOND_FACTOR_REMOVED',
  SECOND_FACTOR_RESET: 'SECOND_FACTOR_RESET',
  API_TOKEN_CREATED: 'API_TOKEN_CREATED',
  API_TOKEN_REVOKED: 'API_TOKEN_REVOKED',
  IMAGE_CLASSIFIED: 'IMAGE_CLASSIFIED',
  FIELD_CLASSIFIED: 'FIELD_CLASSIFIED',
  IMAGES_VIEWED: 'IMAGES_VIEWED',
  ORIGINAL_IMAGES_DOWNLOADED: 'ORIGINAL_IMAGES_DOWNLOADED',
  EVIDENCE_MAPS_VIEWED: 'EVIDENCE_MAPS_VIEWED',
  CASE_ERASED: 'CASE_ERASED',
  CASE_SEARCHED: 'CASE_SEARCHED',
  CASE_COMMENTED: 'CASE_COMMENTED',
  DIFFERENTIAL_RULES_SET: 'DIFFERENTIAL_RULES_SET',
  IMAGES_MOVED: 'IMAGES_MOVED',
  REPORT_WRITTEN: 'REPORT_WRITTEN',
  REPORT_SIGNED: 'REPORT_SIGNED',
  REPORTS_VIEWED: 'REPORTS_VIEWED',
  MODEL_FILES_DOWNLOADED: 'MODEL_FILES_DOWNLOADED',
  PREDICTIONS_EXPORTED: 'PREDICTIONS_EXPORTED',
  AUDIT_TRAIL_EXPORTED: 'AUDIT_TRAIL_EXPORTED',
  AUDIT_EVENTS_ARCHIVED: 'AUDIT_EVENTS_ARCHIVED',
  ACCESS_REFUSED: 'ACCESS_REFUSED',
  BULK_CLASSIFICATION_STARTED: 'BULK_CLASSIFICATION_STARTED',
  BULK_CLASSIFICATION_CANCELLED: 'BULK_CLASSIFICATION_CANCELLED',
  BULK_CLASSIFICATION_CONTINUED: 'BULK_CLASSIFICATION_CONTINUED',
  PREDICTION_REVIEWED: 'PREDICTION_REVIEWED',
  REVIEW_WITHDRAWN: 'REVIEW_WITHDRAWN',
  MODEL_VERSION_REGISTERED: 'MODEL_VERSION_REGISTERED',
  MODEL_VERSION_PROMOTED: 'MODEL_VERSION_PROMOTED',
  MODEL_ROLLED_BACK: 'MODEL_ROLLED_BACK',
  MODEL_VERSION_RETIRED: 'MODEL_VERSION_RETIRED',
  MODEL_VERSION_ARCHIVED: 'MODEL_VERSION_ARCHIVED',
  PROMOTION_APPROVED: 'PROMOTION_APPROVED',
  RETIREMENT_APPROVED: 'RETIREMENT_APPROVED',
  APPROVAL_WITHDRAWN: 'APPROVAL_WITHDRAWN',
  DATASET_SNAPSHOT_CREATED: 'DATASET_SNAPSHOT_CREATED',
  DATASET_SNAPSHOT_CONTINUED: 'DATASET_SNAPSHOT_CONTINUED',
  TRAINING_STARTED: 'TRAINING_STARTED',
  TRAINING_CANCELLED: 'TRAINING_CANCELLED',
  TRAINING_CONTINUED: 'TRAINING_CONTINUED',
  MODEL_EVALUATION_STARTED: 'MODEL_EVALUATION_STARTED',
  MODEL_EVALUATION_CONTINUED: 'MODEL_EVALUATION_CONTINUED',
  MODEL_EVALUATION_CANCELLED: 'MODEL_EVALUATION_CANCELLED',
  FIT_STARTED: 'FIT_STARTED',
  FIT_CANCELLED: 'FIT_CANCELLED',
  FIT_CONTINUED: 'FIT_CONTINUED',
  SECOND_LOOK_STARTED: 'SECOND_LOOK_STARTED',
  SECOND_LABEL_GIVEN: 'SECOND_LABEL_GIVEN',
  READING_STARTED: 'READING_STARTED',
  READING_FINISHED: 'READING_FINISHED',
  DOUBLE_READING_STARTED: 'DOUBLE_READING_STARTED',
  TRAINING_SCHEDULE_SET: 'TRAINING_SCHEDULE_SET',
  TRAINING_SCHEDULE_TICKED: 'TRAINING_SCHEDULE_TICKED',
  WEBHOOK_CREATED: 'WEBHOOK_CREATED',
  WEBHOOK_UPDATED: 'WEBHOOK_UPDATED',
  WEBHOOK_DELETED: 'WEBHOOK_DELETED',
  WEBHOOK_TESTED: 'WEBHOOK_TESTED',
  WEBHOOK_DELIVERY_RESENT: 'WEBHOOK_DELIVERY_RESENT',
} as const;

export type AuditAction = (typeof AuditAction)[keyof typeof AuditAction];

export interface AuditEntry {
  /** Id of the event. Default: a new one. */
  id?: string;
  action: AuditAction;
  /** Id of the object concerned. */
  entityId?: string;
  /** Defaults to success. */
  outcome?: 'success' | 'failure';
  /** Further information in plain language. Must not contain secrets. */
  detail?: string;
  /** Pseudonym of the case concerned. A case reference never enters the audit trail. */
  casePseudonym?: string;
  /** What a classification answered. */
  answer?: RecordedAnswer;
}

/** The answer that a user was given. */
export interface RecordedAnswer {
  outcome: string;
  label: string;
  /** Calibrated probability of `label`, 0 to 1. */
  confidence: number;
}

/** The user who did it, or null for the system or an unknown user; their IP address, request and credential. */
export interface Actor {
  viewer: { id: string; token?: { id: string } | null; sessionId?: string | null } | null;
  ip: string | null;
  /** As in the access log. */
  requestId?: string;
}

/** Appends an event to the audit trail, in the same transaction as the change that it describes. */
export async function recordAuditEvent(tx: Transaction, actor: Actor, entry: AuditEntry): Promise<void> {
  await recordAuditEvents(tx, actor, [entry]);
}

/** Appends several events of one actor. */
export async function recordAuditEvents(
  tx: Transaction,
  actor: Actor,
  entries: readonly AuditEntry[],
): Promise<void> {
  const events = entries.map((entry) => ({ actor, entry }));
  await tx.$executeRawUnsafe(insertAuditEvents, auditRowsOf(events));
}

/** Inserts any number of events. $1: `auditRowsOf(events)`. */
export const insertAuditEvents = auditEventsInsert(`
  SELECT * FROM json_to_recordset($1::json) AS row (
    id text, "actorId" text, action text, "entityId" text, outcome text, ip text, detail text,
    "requestId" text, "credentialId" text, "casePseudonym" text, answer jsonb
  )`);

/**
 * An INSERT of events, which can be part of a larger statement.
 * @param rows selects the values of an event's columns, in this order
 */
export function auditEventsInsert(rows: string): string {
  return `
    INSERT INTO "AuditEvent" (
      id, "actorId", action, "entityId", outcome, ip, detail, "requestId", "credentialId", "casePseudonym", answer
    )
    ${rows}`;
}

/** The rows of these events as JSON, for {@link insertAuditEvents}. */
export function auditRowsOf(events: readonly { actor: Actor; entry: AuditEntry }[]): string {
  const rows = events.map(({ actor, entry: { outcome = 'success', id = newId('aud'), ...entry } }) => ({
    ...entry,
    ...columnsOf(actor),
    id,
    outcome,
  }));
  return JSON.stringify(rows);
}

/** The columns of an event that say who did it. */
export function columnsOf({ viewer, ip, requestId }: Actor) {
  return {
    actorId: viewer?.id ?? null,
    ip,
    requestId: requestId ?? null,
    credentialId: viewer?.token?.id ?? viewer?.sessionId ?? null,
  };
}
