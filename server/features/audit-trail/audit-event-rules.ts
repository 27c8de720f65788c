import {
  type ArgumentRule,
  checkedByOperation,
  idOf,
  ipAddress,
  oneOf,
  storedCaseReference,
} from '../../api/argument-rules.js';
import { AuditAction } from '../audit/record-audit-event.js';

/** What values of the conditions for audit events any event can meet. */
export const auditEventRules = {
  action: oneOf(Object.values(AuditAction)),
  actorId: idOf('user'),
  caseReference: storedCaseReference,
  credentialId: idOf('sess', 'tok'),
  entityId: checkedByOperation, // an id, the SHA-256 of an image or the name of an operation
  ip: ipAddress,
  outcome: oneOf(['success', 'failure']),
  requestId: checkedByOperation,
} as const satisfies Record<string, ArgumentRule>;
