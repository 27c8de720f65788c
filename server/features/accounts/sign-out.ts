import type { RequestContext } from '../../api/context.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { hashOfSecret } from './secrets.js';

/** Ends the browser's session. Returns false if there was none. */
export async function signOut(context: RequestContext): Promise<boolean> {
  const { database, viewer, sessionSecret } = context;
  context.setSessionCookie?.(null);
  if (!sessionSecret) return false;

  return database.$transaction(async (tx) => {
    const { count } = await tx.session.deleteMany({ where: { tokenHash: hashOfSecret(sessionSecret) } });
    if (count === 0) return false;
    await recordAuditEvent(tx, context, { action: AuditAction.SIGNED_OUT, entityId: viewer?.id });
    return true;
  });
}
