import { authorise, may } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { databaseTime } from '../../database/clock.js';
import { isId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';

/**
 * Revokes a token: one of the viewer's own, or anyone's for those who manage users. False when there is no such token that
 * still works.
 */
export async function revokeApiToken(context: RequestContext, id: string): Promise<boolean> {
  const managesUsers = context.viewer !== null && may(context.viewer, 'manage users');
  const viewer = authorise(context, managesUsers ? 'manage users' : 'change your account');
  if (!isId('tok', id)) return false;

  return context.database.$transaction(async (tx) => {
    const { count } = await tx.apiToken.updateMany({
      where: { id, revokedAt: null, ...(managesUsers ? {} : { userId: viewer.id }) },
      data: { revokedAt: await databaseTime(tx) },
    });
    if (count === 0) return false;
    await recordAuditEvent(tx, context, { action: AuditAction.API_TOKEN_REVOKED, entityId: id });
    return true;
  });
}
