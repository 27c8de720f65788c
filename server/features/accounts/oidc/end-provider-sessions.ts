import type { RequestContext } from '../../../api/context.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import type { LogoutToken } from './identity-provider.js';

/**
 * Ends the sessions here that a session at the provider began, when the provider says that it has ended; all of the person's
 * sessions with the provider where it names no session. Returns the number of sessions ended.
 */
export async function endProviderSessions(
  { database, ip, requestId }: RequestContext,
  { issuer, subject, providerSessionId }: LogoutToken,
): Promise<number> {
  return database.$transaction(async (tx) => {
    const sessions = await tx.session.findMany({
      where: {
        identity: { issuer, ...(subject !== null && { subject }) },
        ...(providerSessionId !== null && { providerSessionId }),
      },
      select: { id: true, userId: true },
    });
    const { count } = await tx.session.deleteMany({ where: { id: { in: sessions.map(({ id }) => id) } } });
    for (const userId of new Set(sessions.map((session) => session.userId))) {
      const event = { action: AuditAction.SESSION_ENDED, entityId: userId, detail: `by ${issuer}` };
      await recordAuditEvent(tx, { viewer: null, ip, requestId }, event);
    }
    return count;
  });
}
