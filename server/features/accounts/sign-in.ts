import type { RequestContext, Viewer } from '../../api/context.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { databaseTime } from '../../database/clock.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { knownDevice, rememberDevice } from './known-devices.js';
import { viewerOf } from './load-users.js';
import { verifyPassword } from './passwords.js';
import { hasSecondFactor, useAppCode, useRecoveryCode } from './second-factor.js';
import { beginSession } from './sessions.js';
import {
  countFailure,
  forgetFailures,
  refuseTooManyAttempts,
  signInLimits,
  unknownUserId,
} from './sign-in-limits.js';

const WRONG_PASSWORD = 'The e-mail address or the password is wrong.';
const WRONG_CODE =
  'This code is not valid. Enter the code that your authenticator app shows now, or a recovery code that you have not used.';

/**
 * Begins a browser session: sets the cookie and returns the viewer. Returns null, and begins none, where the password is right
 * but the user has a second factor and `code` is missing.
 * User errors: INVALID if the e-mail address or the password is wrong (without saying which) or, on the field `code`, if the
 * code is not valid; FORBIDDEN after too many such attempts.
 */
export async function signIn(
  context: RequestContext,
  email: string,
  password: string,
  code: string | null = null,
): Promise<Viewer | null> {
  const { database, ip } = context;
  const address = email.trim().toLowerCase();
  // Postgres refuses such text, and no address contains it.
  const known = hasControlCharacters(address)
    ? null
    : await database.user.findUnique({ where: { email: address } });
  const user = known?.disabledAt === null ? known : null;
  const entityId = known?.id ?? unknownUserId(address);
  const limits = signInLimits(
    entityId,
    ip,
    user && (await knownDevice(database, user.id, context.deviceSecret)),
  );
  await refuseTooManyAttempts(database, limits);

  const isRight = await verifyPassword(user?.passwordHash ?? null, password);
  // Checked again, because many guesses sent at once have all passed the first check.
  await refuseTooManyAttempts(database, limits);

  const action = AuditAction.SIGNED_IN;
  const fail = async (message: string, reason: string, field?: string[]): Promise<never> => {
    await countFailure(database, limits, (tx, failures) => {
      const detail = failures > 5 ? `${reason}, ${failures} failures in a row` : reason;
      return recordAuditEvent(tx, context, { action, entityId, outcome: 'failure', detail });
    });
    throw userError(UserErrorCode.INVALID, message, field);
  };
  if (!known) return fail(WRONG_PASSWORD, 'unknown e-mail address');
  if (!user) return fail(WRONG_PASSWORD, 'disabled account');
  if (!isRight) return fail(WRONG_PASSWORD, 'wrong password');
  const needsCode = await hasSecondFactor(database, user.id);
  if (needsCode && code === null) return null;

  const begun = await database.$transaction(async (tx) => {
    let detail: string | undefined;
    if (needsCode && code !== null && !(await useAppCode(tx, user.id, code))) {
      if (!(await useRecoveryCode(tx, user.id, code))) return 'wrong code';
      detail = 'with a recovery code';
    }
    // Somebody may have disabled the account or reset the password since it was read.
    const { count } = await tx.user.updateMany({
      where: { id: user.id, passwordHash: user.passwordHash, disabledAt: null },
      data: { lastSignedInAt: await databaseTime(tx) },
    });
    if (count === 0) return 'wrong password';
    await forgetFailures(tx, limits);
    await recordAuditEvent(tx, { viewer: user, ip }, { action, entityId, detail });
    return {
      session: await beginSession(tx, context, user.id),
      device: await rememberDevice(tx, user.id, context),
    };
  });
  if (begun === 'wrong code') return fail(WRONG_CODE, begun, ['code']);
  if (begun === 'wrong password') return fail(WRONG_PASSWORD, begun);
  context.setSessionCookie?.(begun.session);
  context.setDeviceCookie?.(begun.device);
  return viewerOf(user, {});
}
