import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { databaseTime } from '../../database/clock.js';
import { keyRingOf } from '../../storage/open-object-store.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { changeUser } from './change-user.js';
import { proveOwnPassword } from './prove-own-password.js';
import {
  deleteSecondFactor,
  hasSecondFactor,
  newSecondFactor,
  renewRecoveryCodes,
  useAppCode,
} from './second-factor.js';
import { storedAppSecret } from './second-factor-secret.js';
import { countFailure, ownPasswordLimits, refuseTooManyAttempts } from './sign-in-limits.js';
import type { User } from './types.js';

/**
 * Begins to set up an authenticator app for the viewer. Nothing changes for signing in until {@link confirmSecondFactor}.
 * User errors: INVALID for a wrong password; CONFLICT when the viewer has an app already.
 */
export async function beginSecondFactor(
  context: RequestContext,
  password: string,
): Promise<{ secret: string; uri: string }> {
  const viewer = authorise(context, 'change your account');
  await proveOwnPassword(context, viewer, {
    password,
    field: ['password'],
    action: AuditAction.SECOND_FACTOR_ADDED,
  });
  const { secret, uri } = newSecondFactor(viewer.email);
  await context.database.$transaction(async (tx) => {
    if (await hasSecondFactor(tx, viewer.id)) {
      throw userError(UserErrorCode.CONFLICT, 'You have an authenticator app already. Remove it first.');
    }
    const stored = storedAppSecret(keyRingOf(context.config), viewer.id, secret);
    const data = { secret: stored, confirmedAt: null, lastStep: 0 };
    await tx.secondFactor.upsert({
      where: { userId: viewer.id },
      create: { userId: viewer.id, ...data },
      update: data,
    });
  });
  return { secret, uri };
}

/**
 * Makes signing in take a code of the app that {@link beginSecondFactor} began to set up. Returns the recovery codes, which
 * are shown once.
 * User errors: CONFLICT when none is being set up; INVALID for a wrong code; FORBIDDEN after too many of them.
 */
export async function confirmSecondFactor(context: RequestContext, code: string): Promise<string[]> {
  const viewer = authorise(context, 'change your account');
  const limits = ownPasswordLimits(viewer.id);
  await refuseTooManyAttempts(context.database, limits);
  const codes = await context.database.$transaction(async (tx) => {
    const { count } = await tx.secondFactor.updateMany({
      where: { userId: viewer.id, confirmedAt: null },
      data: { confirmedAt: null }, // locks the row: of two confirmations at once one waits for the other
    });
    if (count === 0) {
      throw userError(
        UserErrorCode.CONFLICT,
        'No authenticator app is being set up. Begin with your password.',
      );
    }
    if (!(await useAppCode(tx, context, viewer.id, code))) return null;
    await tx.secondFactor.update({
      where: { userId: viewer.id },
      data: { confirmedAt: await databaseTime(tx) },
    });
    const event = { action: AuditAction.SECOND_FACTOR_ADDED, entityId: viewer.id };
    await recordAuditEvent(tx, context, event);
    return renewRecoveryCodes(tx, viewer.id);
  });
  if (codes) return codes;
  await countFailure(context.database, limits, (tx) =>
    recordAuditEvent(tx, context, {
      action: AuditAction.SECOND_FACTOR_ADDED,
      entityId: viewer.id,
      outcome: 'failure',
      detail: 'wrong code',
    }),
  );
  throw userError(UserErrorCode.INVALID, 'This is not the code that the app shows now.', ['code']);
}

/**
 * Removes the viewer's authenticator app and recovery codes. False when there was none.
 * User errors: INVALID for a wrong password.
 */
export async function removeSecondFactor(context: RequestContext, password: string): Promise<boolean> {
  const viewer = authorise(context, 'change your account');
  const action = AuditAction.SECOND_FACTOR_REMOVED;
  await proveOwnPassword(context, viewer, { password, field: ['password'], action });
  return context.database.$transaction(async (tx) => {
    if (!(await deleteSecondFactor(tx, viewer.id))) return false;
    await recordAuditEvent(tx, context, { action, entityId: viewer.id });
    return true;
  });
}

/**
 * Removes another user's authenticator app and recovery codes, for somebody who has lost both. The password still applies.
 * User errors: NOT_FOUND; CONFLICT for the viewer's own, which is removed with the password.
 */
export async function resetSecondFactor(context: RequestContext, id: string): Promise<User> {
  const viewer = authorise(context, 'give out passwords');
  if (viewer.id === id) {
    throw userError(UserErrorCode.CONFLICT, 'Remove your own app on the page of your account.', ['id']);
  }
  return changeUser(context.database, id, ['id'], async (tx) => {
    if (!(await deleteSecondFactor(tx, id))) return;
    await recordAuditEvent(tx, context, { action: AuditAction.SECOND_FACTOR_RESET, entityId: id });
  });
}
