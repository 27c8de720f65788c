import type { Database } from '../../database/client.js';
import { keyIdOf, type KeyRing } from '../../storage/encryption.js';

// The secrets of authenticator apps in the database. They are encrypted if the server has encryption keys.

const ENCRYPTED = 'encrypted:';

/** The place of a secret, so that an encrypted secret cannot be given to another user. */
const placeOf = (userId: string) => `second factor of ${userId}`;

/** What is stored for a secret in base32. Without keys, the secret itself. */
export function storedSecret(keys: KeyRing | null, userId: string, secret: string): string {
  if (!keys) return secret;
  return ENCRYPTED + keys.encrypt(Buffer.from(secret), placeOf(userId)).toString('base64');
}

/**
 * The secret in base32 that {@link storedSecret} has stored, with or without encryption.
 * @throws Error if the key is missing, or DecryptionError
 */
export function readSecret(keys: KeyRing | null, userId: string, stored: string): string {
  if (!stored.startsWith(ENCRYPTED)) return stored;
  if (!keys)
    throw new Error('The secret of an authenticator app is encrypted, but ENCRYPTION_KEYS is not set.');
  return keys.decrypt(bytesOf(stored), placeOf(userId)).toString();
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
    if (secret.startsWith(ENCRYPTED) && keyIdOf(bytesOf(secret)) === keys.currentId) continue;
    const renewed = storedSecret(keys, userId, readSecret(keys, userId, secret));
    // The user may have changed it in between.
    const changed = await database.secondFactor.updateMany({
      where: { userId, secret },
      data: { secret: renewed },
    });
    count += changed.count;
  }
  return count;
}

const bytesOf = (stored: string) => Buffer.from(stored.slice(ENCRYPTED.length), 'base64');
