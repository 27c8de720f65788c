import { userError, UserErrorCode } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';

/**
 * Lets one transaction at a time change who the administrators are: two at once could each see the other's administrator
 * and both remove their own.
 */
export async function lockAdministrators(tx: Transaction): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('cytograph administrators'))::text`;
}

/**
 * Ends the operation with CONFLICT when no enabled administrator but this user is left. Call it after
 * {@link lockAdministrators}.
 * @param what what is to be done to this one: 'disabled'
 */
export async function refuseLastAdministrator(tx: Transaction, userId: string, what: string): Promise<void> {
  if (!(await isLastAdministrator(tx, userId))) return;
  throw userError(
    UserErrorCode.CONFLICT,
    `The only administrator cannot be ${what}. Make somebody else an administrator first.`,
  );
}

/** Whether no enabled administrator but this user is left. Call it after {@link lockAdministrators}. */
export async function isLastAdministrator(tx: Transaction, userId: string): Promise<boolean> {
  const others = await tx.user.count({
    where: { id: { not: userId }, roles: { has: 'ADMIN' }, disabledAt: null },
  });
  return others === 0;
}
