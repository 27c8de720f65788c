import type { Database } from '../../database/client.js';
import type { KeyRing } from '../../storage/encryption.js';
import { readSecret, rotatedSecret, storedSecret } from '../../storage/stored-secret.js';

// The secrets of authenticator apps in the database. They are encrypted if the server has encryption keys.

/** The place of a secret, so that an encrypted secret cannot be given to another user. */
const placeOf = (userId: string) => `second factor of ${userId}`;

/** What is stored for a secret in base32. */
export function storedAppSecret(keys: KeyRing | null, userId: string, secret: string): string {
  return storedSecret(keys, placeOf(userId), secret);
}

/**
 * The secret in base32 that {@link storedAppSecret} has stored.
 * @throws Error if the key is missing, or DecryptionError
 */
export function readAppSecret(keys: KeyRing | null, userId: string, stored: string): string {
  return readSecret(keys, placeOf(userId), stored);
}

/**
 * Encrypts all secrets with the current key: plain ones and those of older keys. May be interrupted and repeated, while servers run.
 * @returns how many were encrypted
 * @throws DecryptionError
 */
export async function rotateSecrets(database: Database, keys: KeyRing): Promise<number> {
  let count = 0;
  for (const { userId, secret } of await database.secondFactor.findMany({
    select: { userId: true, secret: true },
  })) {
    const renewed = rotatedSecret(keys, placeOf(userId), secret);
    if (renewed === null) continue;
    // The user may have changed it in between.
    const changed = await database.secondFactor.updateMany({
      where: { userId, secret },
      data: { secret: renewed },
    });
    count += changed.count;
  }
  return count;
}
