import type { Transaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';

/** Revokes every API token of a user; returns how many still worked. */
export async function revokeTokensOf(tx: Transaction, userId: string): Promise<number> {
  const now = await databaseTime(tx);
  const { count } = await tx.apiToken.updateMany({
    where: { userId, revokedAt: null },
    data: { revokedAt: now },
  });
  return count;
}

/** Ends every session of a user, forgets the devices and revokes the tokens: only a password gives access again. */
export async function revokeAccess(tx: Transaction, userId: string): Promise<void> {
  await tx.session.deleteMany({ where: { userId } });
  await tx.knownDevice.deleteMany({ where: { userId } });
  await revokeTokensOf(tx, userId);
}
