import type { Config } from '../../config.js';
import type { Transaction } from '../../database/client.js';
import { userError, UserErrorCode } from '../../api/user-error.js';

type Settings = Pick<Config, 'builtInAccounts' | 'emergencyAccount' | 'identityProvider'>;

/** Whether the account with this address may sign in with a password: anyone's, or only the emergency account's. */
export function maySignInWithPassword(settings: Settings, email: string): boolean {
  return settings.builtInAccounts || email === settings.emergencyAccount;
}

/**
 * The e-mail address of the only account with a password whose sessions and tokens work; null if those of all accounts do. A
 * parameter of SQL.
 */
export function onlyAccountWithPassword({ builtInAccounts, emergencyAccount }: Settings): string | null {
  return builtInAccounts ? null : emergencyAccount;
}

/** Ends the operation with CONFLICT where an account with this address could not use the password that it is about to get. */
export function refuseUselessPassword(settings: Settings, email: string, field: string[]): void {
  if (maySignInWithPassword(settings, email)) return;
  const name = settings.identityProvider?.name ?? 'the identity provider';
  throw userError(
    UserErrorCode.CONFLICT,
    `Accounts with a password are switched off. Give the person access at ${name} instead: add them to a group that has a role here.`,
    field,
  );
}

/**
 * Ends the operation with CONFLICT for a user who signs in with the identity provider, which decides about `what` of the user.
 * Without a provider in the settings, administrators decide about everyone.
 * @param what 'roles'
 */
export async function refuseIfProviderDecides(
  tx: Transaction,
  { identityProvider }: Settings,
  userId: string,
  { what, field }: { what: string; field: string[] },
): Promise<void> {
  if (identityProvider === null) return;
  const linked = await tx.userIdentity.count({ where: { userId, linkedAt: { not: null } } });
  if (linked === 0) return;
  throw userError(
    UserErrorCode.CONFLICT,
    `This person signs in with ${identityProvider.name}, which also decides about the ${what}: change it there.`,
    field,
  );
}
