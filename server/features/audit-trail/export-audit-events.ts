import { authorise } from '../../api/authorise.js';
import { cursorOfTime, fromCursorOfTime, newestFirst } from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import {
  type AuditEventConditions,
  type AuditEventRow,
  auditEventsWhere,
  selected,
} from './list-audit-events.js';

/** Events read in one statement. */
const PAGE = 1_000;

/**
 * All events that meet the conditions, newest first, in pages, for an export. The export itself is recorded in the audit trail first.
 * Throws FORBIDDEN for those who may not read the audit trail, BAD_USER_INPUT for a condition that no event can meet.
 */
export async function exportAuditEvents(
  context: RequestContext,
  conditions: AuditEventConditions,
): Promise<AsyncIterable<AuditEventRow[]>> {
  authorise(context, 'read the audit trail');
  const { database, signal } = context;
  const where = await auditEventsWhere(database, conditions);
  await recordAuditEvent(database, context, { action: 'AUDIT_TRAIL_EXPORTED' });
  return (async function* () {
    for (let cursor: string | null = null; ;) {
      signal.throwIfAborted();
      const rows: AuditEventRow[] = await database.auditEvent.findMany({
        where: { AND: [where, fromCursorOfTime('aud', { cursor, backward: false })] },
        select: selected,
        orderBy: newestFirst({ backward: false }),
        take: PAGE,
      });
      if (rows.length > 0) yield rows;
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) return;
      cursor = cursorOfTime(last);
    }
  })();
}
