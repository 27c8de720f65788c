import type { RequestContext, Viewer } from '../../api/context.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { type AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { verifyPassword } from './passwords.js';
import { countFailure, ownPasswordLimits, refuseTooManyAttempts } from './sign-in-limits.js';

/**
 * Ends the operation with CONFLICT where the viewer has no password, because they sign in with an identity provider.
 * Ends the operation unless this is the viewer's current password: with INVALID on `field`, or with FORBIDDEN after too many
 * wrong ones. A failure is recorded as one of `action`. Returns the hash of the password.
 */
export async function proveOwnPassword(
  context: RequestContext,
  viewer: Viewer,
  { password, field, action }: { password: string; field: string[]; action: AuditAction },
): Promise<string> {
  const { database } = context;
  const limits = ownPasswordLimits(viewer.id);
  await refuseTooManyAttempts(database, limits);
  const { passwordHash } = await database.user.findUniqueOrThrow({ where: { id: viewer.id } });
  if (passwordHash === null) {
    throw userError(
      UserErrorCode.CONFLICT,
      'This account has no password: you sign in with the identity provider.',
      field,
    );
  }
  const isRight = await verifyPassword(passwordHash, password);
  // Checked again, because many guesses sent at once have all passed the first check.
  await refuseTooManyAttempts(database, limits);
  if (!isRight) {
    await countFailure(database, limits, (tx) =>
      recordAuditEvent(tx, context, { action, entityId: viewer.id, outcome: 'failure' }),
    );
    throw userError(UserErrorCode.INVALID, 'The current password is wrong.', field);
  }
  return passwordHash;
}
