import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { databaseTime } from '../../database/clock.js';
import { isId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';

/** Revokes one of the viewer's own tokens immediately. Returns false if there is no valid token with this id. */
export async function revokeApiToken(context: RequestContext, id: string): Promise<boolean> {
  const viewer = authorise(context, 'manage own tokens');
  if (!isId('tok', id)) return false;

  return context.database.$transaction(async (tx) => {
    const { count } = await tx.apiToken.updateMany({
      where: { id, userId: viewer.id, revokedAt: null },
      data: { revokedAt: await databaseTime(tx) },
    });
    if (count === 0) return false;
    await recordAuditEvent(tx, context, { action: AuditAction.API_TOKEN_REVOKED, entityId: id });
    return true;
  });
}
