import { refuseInvalid } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import {
  connectionOf,
  cursorOfTime,
  type Edge,
  fromCursorOfTime,
  newestFirst,
  type PageArguments,
  type PageInfo,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import type { Database } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import { isId } from '../../database/ids.js';
import { knownCasePseudonym } from '../audit/case-pseudonym.js';
import { auditEventRules } from './audit-event-rules.js';
import type { AuditEventFilter } from './types.js';

export const selected = {
  id: true,
  createdAt: true,
  actorId: true,
  action: true,
  entityId: true,
  outcome: true,
  ip: true,
  detail: true,
  requestId: true,
  credentialId: true,
  casePseudonym: true,
  answer: true,
  seal: { select: { position: true } },
} as const;

export type AuditEventRow = Prisma.AuditEventGetPayload<{ select: typeof selected }>;

export interface AuditEventConditions {
  filter?: AuditEventFilter | null;
  entityId?: string | null;
  actorId?: string | null;
  action?: string | null;
}

/** A page of the audit trail; `count` counts all events that meet the conditions, when it is called. */
export interface AuditEventPage {
  edges: Edge<AuditEventRow>[];
  pageInfo: PageInfo;
  count: () => Promise<number>;
  /** When the newest event in the archive was sealed; null while the archive is empty. */
  archivedUntil: () => Promise<Date | null>;
}

/** A page of the audit trail, newest event first. */
export async function listAuditEvents(
  context: RequestContext,
  pageArguments: PageArguments,
  conditions: AuditEventConditions,
): Promise<AuditEventPage> {
  authorise(context, 'read the audit trail');
  const { database } = context;
  const page = pageOf(pageArguments);
  const where = await auditEventsWhere(database, conditions);
  const rows = await database.auditEvent.findMany({
    where: { AND: [where, fromCursorOfTime('aud', page)] },
    select: selected,
    orderBy: newestFirst(page),
    take: page.size + 1,
  });
  const { edges, pageInfo } = connectionOf(page, rows, cursorOfTime, 0);
  return {
    edges,
    pageInfo,
    count: () => database.auditEvent.count({ where }),
    archivedUntil: async () => {
      const newest = await database.auditArchive.findFirst({ orderBy: { lastPosition: 'desc' } });
      return newest?.lastSealedAt ?? null;
    },
  };
}

/** The conditions as Prisma's. Throws BAD_USER_INPUT for a condition that no event can meet. */
export async function auditEventsWhere(
  database: Database,
  { filter, entityId, actorId, action }: AuditEventConditions,
): Promise<Prisma.AuditEventWhereInput> {
  refuseInvalid(auditEventRules, { entityId, actorId, action });
  refuseInvalid(auditEventRules, filter ?? {});
  const { createdAfter, createdBefore, caseReference, outcome, ip, requestId, credentialId } = filter ?? {};
  const casePseudonym = caseReference == null ? undefined : await knownCasePseudonym(database, caseReference);
  if (casePseudonym === null) return { id: '' }; // nothing was ever recorded about this case
  return {
    casePseudonym,
    entityId: entityId ?? undefined,
    actorId: actorId ?? undefined,
    action: action ?? undefined,
    outcome: outcome ?? undefined,
    ip: ip ?? undefined,
    requestId: requestId ?? undefined,
    credentialId: credentialId ?? undefined,
    createdAt: { gt: createdAfter ?? undefined, lt: createdBefore ?? undefined },
  };
}

/** An event by id, for those who may read the audit trail; null for what is not there. */
export async function findAuditEvent(context: RequestContext, id: string): Promise<AuditEventRow | null> {
  authorise(context, 'read the audit trail');
  if (!isId('aud', id)) return null;
  return batched(context, loadAuditEvents).load(id);
}

async function loadAuditEvents(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, AuditEventRow>> {
  const rows = await database.auditEvent.findMany({ where: { id: { in: [...ids] } }, select: selected });
  return new Map(rows.map((row) => [row.id, row]));
}
