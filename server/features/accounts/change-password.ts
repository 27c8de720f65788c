import type { RequestContext, Viewer } from '../../api/context.js';
import { unauthenticated } from '../../api/errors.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { userColumns, userOf } from './load-users.js';
import { hashPassword, passwordFault, verifyPassword } from './passwords.js';
import { hashOfSecret } from './secrets.js';
import { refuseTooManyAttempts } from './sign-in-attempts.js';

/**
 * Gives the viewer a password of their own choice and ends all their sessions but the one that asks.
 * User errors: INVALID when the current password is not theirs or the new one will not do; FORBIDDEN after too many
 * wrong ones.
 */
export async function changePassword(
  context: RequestContext,
  currentPassword: string,
  newPassword: string,
): Promise<Viewer> {
  const { database, viewer, ip, sessionSecret } = context;
  // Not authorise(): whoever still has a one-time password may do this, and nothing else.
  if (!viewer) throw unauthenticated();
  const entityId = viewer.id;
  await refuseTooManyAttempts(database, entityId, ip);

  const { passwordHash } = await database.user.findUniqueOrThrow({ where: { id: viewer.id } });
  const proven = await verifyPassword(passwordHash, currentPassword);
  await refuseTooManyAttempts(database, entityId, ip);
  if (!proven) {
    const action = AuditAction.PASSWORD_CHANGED;
    await recordAuditEvent(database, context, { action, entityId, outcome: 'failure' });
    throw userError(UserErrorCode.INVALID, 'This is not the current password.', ['currentPassword']);
  }
  const fault =
    newPassword === currentPassword
      ? 'The new password is another one.'
      : passwordFault(newPassword, viewer.email);
  if (fault) throw userError(UserErrorCode.INVALID, fault, ['newPassword']);

  const newHash = await hashPassword(newPassword);
  return database.$transaction(async (tx) => {
    const user = await tx.user.update({
      where: { id: viewer.id },
      data: { passwordHash: newHash, passwordIsOneTime: false },
      select: userColumns,
    });
    const kept = sessionSecret === null ? [] : [hashOfSecret(sessionSecret)];
    await tx.session.deleteMany({ where: { userId: viewer.id, tokenHash: { notIn: kept } } });
    await recordAuditEvent(tx, context, { action: AuditAction.PASSWORD_CHANGED, entityId });
    return userOf(user);
  });
}
