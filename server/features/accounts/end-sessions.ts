import { authorise, may } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { accountOf } from './list-sessions.js';
import { hashOfSecret } from './secrets.js';

/** Ends one session: the viewer's own, or anyone's for those who manage users. False when there is no such session. */
export async function endSession(context: RequestContext, id: string): Promise<boolean> {
  const managesUsers = context.viewer !== null && may(context.viewer, 'manage users');
  const viewer = authorise(context, managesUsers ? 'manage users' : 'change your account');
  if (!isId('sess', id)) return false;

  return context.database.$transaction(async (tx) => {
    const session = await tx.session.findUnique({
      where: { id, ...(managesUsers ? {} : { userId: viewer.id }) },
    });
    if (!session) return false;
    const { count } = await tx.session.deleteMany({ where: { id } });
    if (count === 0) return false;
    await recordAuditEvent(tx, context, { action: AuditAction.SESSION_ENDED, entityId: session.userId });
    if (context.sessionSecret !== null && session.tokenHash === hashOfSecret(context.sessionSecret)) {
      context.setSessionCookie?.(null);
    }
    return true;
  });
}

/**
 * Ends every session of a user, including the session of the request. Returns the number of sessions ended.
 * @param userId default: the viewer; anyone else is for those who manage users
 */
export async function signOutEverywhere(context: RequestContext, userId?: string | null): Promise<number> {
  const id = accountOf(context, userId);
  if (!isId('user', id)) return 0;
  const ended = await context.database.$transaction(async (tx) => {
    const { count } = await tx.session.deleteMany({ where: { userId: id } });
    if (count > 0) {
      const detail = `${count} ${count === 1 ? 'session' : 'sessions'}`;
      await recordAuditEvent(tx, context, { action: AuditAction.ALL_SESSIONS_ENDED, entityId: id, detail });
    }
    return count;
  });
  if (id === context.viewer?.id) context.setSessionCookie?.(null);
  return ended;
}
