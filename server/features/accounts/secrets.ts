import { createHash, randomBytes } from 'node:crypto';

/** A new secret of 256 random bits. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * What is kept of a secret: its SHA-256, in hex. A secret of 256 random bits needs no salt and no slow hash: whoever
 * reads the table cannot guess it.
 */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
