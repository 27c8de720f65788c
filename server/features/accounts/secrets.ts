import { createHash, randomBytes } from 'node:crypto';

/** A new secret of 256 random bits. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The SHA-256 of a secret in hex, which is stored instead of the secret. A secret of 256 random bits needs neither salt nor a slow
 * hash, because it cannot be guessed.
 */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
