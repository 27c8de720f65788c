import type { RequestContext, Viewer } from '../../api/context.js';
import { unauthenticated } from '../../api/errors.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { userColumns, userOf } from './load-users.js';
import { hashPassword, passwordFault, verifyPassword } from './passwords.js';
import { hashOfSecret } from './secrets.js';
import { refuseTooManyAttempts } from './sign-in-attempts.js';

/**
 * Changes the viewer's password and ends all their other sessions.
 * User errors: INVALID if the current password is wrong or the new password is not acceptable; FORBIDDEN after too many wrong
 * passwords.
 */
export async function changePassword(
  context: RequestContext,
  currentPassword: string,
  newPassword: string,
): Promise<Viewer> {
  const { database, viewer, ip, sessionSecret } = context;
  // Not authorise(), because a user with a one-time password may do this and nothing else.
  if (!viewer) throw unauthenticated();
  const entityId = viewer.id;
  await refuseTooManyAttempts(database, entityId, ip);

  const { passwordHash } = await database.user.findUniqueOrThrow({ where: { id: viewer.id } });
  const proven = await verifyPassword(passwordHash, currentPassword);
  await refuseTooManyAttempts(database, entityId, ip);
  if (!proven) {
    const action = AuditAction.PASSWORD_CHANGED;
    await recordAuditEvent(database, context, { action, entityId, outcome: 'failure' });
    throw userError(UserErrorCode.INVALID, 'The current password is wrong.', ['currentPassword']);
  }
  const fault =
    newPassword === currentPassword
      ? 'The new password must differ from the current password.'
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
