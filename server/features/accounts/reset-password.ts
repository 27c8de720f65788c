import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { refuseIfProviderDecides, refuseUselessPassword } from './built-in-accounts.js';
import { changeUser } from './change-user.js';
import { generatePassword, hashPassword } from './passwords.js';
import { revokeAccess } from './revoke-access.js';
import type { User } from './types.js';

/**
 * Replaces a user's password by a one-time password, which is in the answer and kept nowhere else. Ends the user's sessions
 * and revokes their tokens. A second factor stays.
 * User errors: NOT_FOUND; CONFLICT for the viewer's own password, which is changed with the current one, for a user who
 * signs in with the identity provider, and where accounts with a password are switched off.
 */
export async function resetPassword(
  context: RequestContext,
  id: string,
): Promise<{ user: User; oneTimePassword: string }> {
  const viewer = authorise(context, 'give out passwords');
  if (viewer.id === id) {
    throw userError(UserErrorCode.CONFLICT, 'Change your own password on the page of your account.', ['id']);
  }
  const oneTimePassword = generatePassword();
  const passwordHash = await hashPassword(oneTimePassword);
  const user = await changeUser(context.database, id, ['id'], async (tx, { email }) => {
    await refuseIfProviderDecides(tx, context.config, id, { what: 'password', field: ['id'] });
    refuseUselessPassword(context.config, email, ['id']);
    await tx.user.update({ where: { id }, data: { passwordHash, passwordIsOneTime: true } });
    await revokeAccess(tx, id);
    await recordAuditEvent(tx, context, { action: AuditAction.PASSWORD_RESET, entityId: id });
  });
  return { user, oneTimePassword };
}
