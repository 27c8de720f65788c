import type { RequestContext, Viewer } from '../../api/context.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { userOf } from './load-users.js';
import { verifyPassword } from './passwords.js';
import { beginSession } from './sessions.js';
import { refuseTooManyAttempts, unknownUserId } from './sign-in-attempts.js';

/**
 * Begins a browser session: sets the cookie and returns the user.
 * User errors: INVALID if the e-mail address or the password is wrong (without saying which); FORBIDDEN after too many failed
 * attempts.
 */
export async function signIn(context: RequestContext, email: string, password: string): Promise<Viewer> {
  const { database, ip } = context;
  const address = email.trim().toLowerCase();
  // Postgres refuses such text, and no address contains it.
  const user = hasControlCharacters(address)
    ? null
    : await database.user.findUnique({ where: { email: address, disabledAt: null } });
  const entityId = user?.id ?? unknownUserId(address);
  await refuseTooManyAttempts(database, entityId, ip);

  const proven = await verifyPassword(user?.passwordHash ?? null, password);
  // Checked again, because many guesses sent at once have all passed the first check.
  await refuseTooManyAttempts(database, entityId, ip);

  if (!user || !proven) {
    await recordAuditEvent(database, context, {
      action: AuditAction.SIGNED_IN,
      entityId,
      outcome: 'failure',
    });
    throw userError(UserErrorCode.INVALID, 'The e-mail address or the password is wrong.');
  }

  const secret = await database.$transaction(async (tx) => {
    await recordAuditEvent(tx, { viewer: user, ip }, { action: AuditAction.SIGNED_IN, entityId });
    return beginSession(tx, user.id);
  });
  context.setSessionCookie?.(secret);
  return userOf(user);
}
