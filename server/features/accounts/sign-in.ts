import type { RequestContext, Viewer } from '../../api/context.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import type { Config } from '../../config.js';
import { databaseTime } from '../../database/clock.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { maySignInWithPassword } from './built-in-accounts.js';
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

/** The same for every address, so that it reveals neither accounts nor which of them is for emergencies. */
function messageOfWrongPassword({ builtInAccounts, identityProvider }: Config): string {
  if (builtInAccounts) return WRONG_PASSWORD;
  const name = identityProvider?.name ?? 'the identity provider';
  return `${WRONG_PASSWORD} Only the emergency account has a password here: sign in with ${name}.`;
}

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
  const isAllowed = maySignInWithPassword(context.config, address);
  const user = known?.disabledAt === null && isAllowed ? known : null;
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
  const wrongPassword = messageOfWrongPassword(context.config);
  if (!known) return fail(wrongPassword, 'unknown e-mail address');
  if (!isAllowed) return fail(wrongPassword, 'accounts with a password are switched off');
  if (!user) return fail(wrongPassword, 'disabled account');
  if (!isRight) return fail(wrongPassword, 'wrong password');
  const needsCode = await hasSecondFactor(database, user.id);
  if (needsCode && code === null) return null;

  const isEmergency = !context.config.builtInAccounts;
  const begun = await database.$transaction(async (tx) => {
    let detail: string | undefined;
    if (needsCode && code !== null && !(await useAppCode(tx, context, user.id, code))) {
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
    if (isEmergency) {
      const event = { action: AuditAction.EMERGENCY_ACCOUNT_USED, entityId };
      await recordAuditEvent(tx, { viewer: user, ip }, event);
    }
    return {
      session: await beginSession(tx, context, user.id),
      device: await rememberDevice(tx, user.id, context),
    };
  });
  if (begun === 'wrong code') return fail(WRONG_CODE, begun, ['code']);
  if (begun === 'wrong password') return fail(wrongPassword, begun);
  if (isEmergency)
    context.log.warn({ account: user.id, address: ip }, 'The emergency account has signed in.');
  context.setSessionCookie?.(begun.session);
  context.setDeviceCookie?.(begun.device);
  return viewerOf(user, {});
}
