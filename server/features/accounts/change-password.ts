import type { RequestContext, Viewer } from '../../api/context.js';
import { forbidden, unauthenticated } from '../../api/errors.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { passwordFault } from '../../password-rules.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { userColumns, viewerOf } from './load-users.js';
import { hashPassword } from './passwords.js';
import { proveOwnPassword } from './prove-own-password.js';
import { revokeTokensOf } from './revoke-access.js';
import { hashOfSecret } from './secrets.js';

/**
 * Sets the password that the viewer chose, ends all their other sessions, and revokes their API tokens unless they
 * keep them.
 * User errors: INVALID when the current password is wrong or the new one breaks a rule; FORBIDDEN after too many wrong ones;
 * CONFLICT when the password was changed elsewhere in the meantime.
 */
export async function changePassword(
  context: RequestContext,
  currentPassword: string,
  newPassword: string,
  keepApiTokens = false,
): Promise<Viewer> {
  const { database, viewer, sessionSecret } = context;
  // Not authorise(): a user with a one-time password may do this, and nothing else.
  if (!viewer) throw unauthenticated();
  if (viewer.token) throw forbidden('API tokens may not change your account: sign in with a password.');
  const entityId = viewer.id;
  const action = AuditAction.PASSWORD_CHANGED;
  const provenHash = await proveOwnPassword(context, viewer, {
    password: currentPassword,
    field: ['currentPassword'],
    action,
  });
  const fault =
    newPassword === currentPassword
      ? 'The new password must differ from the current password.'
      : passwordFault(newPassword, viewer.email);
  if (fault) throw userError(UserErrorCode.INVALID, fault, ['newPassword']);

  const passwordHash = await hashPassword(newPassword);
  return database.$transaction(async (tx) => {
    const { count } = await tx.user.updateMany({
      where: { id: viewer.id, passwordHash: provenHash, disabledAt: null },
      data: { passwordHash, passwordIsOneTime: false },
    });
    if (count === 0) {
      throw userError(UserErrorCode.CONFLICT, 'The password was changed in the meantime. Sign in again.');
    }
    const kept = sessionSecret === null ? [] : [hashOfSecret(sessionSecret)];
    await tx.session.deleteMany({ where: { userId: viewer.id, tokenHash: { notIn: kept } } });
    const revoked = keepApiTokens ? 0 : await revokeTokensOf(tx, viewer.id);
    const detail = revoked > 0 ? `${revoked} API ${revoked === 1 ? 'token' : 'tokens'} revoked` : undefined;
    await recordAuditEvent(tx, context, { action, entityId, detail });
    const user = await tx.user.findUniqueOrThrow({ where: { id: viewer.id }, select: userColumns });
    return viewerOf(user, {});
  });
}
