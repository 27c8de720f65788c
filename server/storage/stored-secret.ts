import { keyIdOf, type KeyRing } from './encryption.js';

// Secrets in the database that the server must be able to read. They are encrypted if the server has encryption keys.

const ENCRYPTED = 'encrypted:';

/**
 * What is stored for a secret. Without keys, the secret itself.
 * @param place what the secret belongs to, so that an encrypted secret cannot be put in another place
 */
export function storedSecret(keys: KeyRing | null, place: string, secret: string): string {
  if (!keys) return secret;
  return ENCRYPTED + keys.encrypt(Buffer.from(secret), place).toString('base64');
}

/**
 * The secret that {@link storedSecret} has stored, with or without encryption.
 * @throws Error if the key is missing, or DecryptionError
 */
export function readSecret(keys: KeyRing | null, place: string, stored: string): string {
  if (!stored.startsWith(ENCRYPTED)) return stored;
  if (!keys) throw new Error(`The ${place} is encrypted, but ENCRYPTION_KEYS is not set.`);
  return keys.decrypt(bytesOf(stored), place).toString();
}

/** The secret encrypted with the current key; null if it is already. */
export function rotatedSecret(keys: KeyRing, place: string, stored: string): string | null {
  if (stored.startsWith(ENCRYPTED) && keyIdOf(bytesOf(stored)) === keys.currentId) return null;
  return storedSecret(keys, place, readSecret(keys, place, stored));
}

const bytesOf = (stored: string) => Buffer.from(stored.slice(ENCRYPTED.length), 'base64');
