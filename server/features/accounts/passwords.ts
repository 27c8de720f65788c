import { hash, verify } from '@node-rs/argon2';
import { randomInt } from 'node:crypto';
import { LONGEST_PASSWORD } from '../../password-rules.js';

// OWASP Password Storage Cheat Sheet: Argon2id (the library's default) with 19 MiB of memory, 2 iterations and 1 degree
// of parallelism.
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The Argon2id hash of a password for storage, including its parameters and salt (PHC string format). */
export function hashPassword(password: string): Promise<string> {
  return hash(password, argon2id);
}

/** Whether the password matches the hash. Without a hash (no such user) it returns false after the same time. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  if (password.length > LONGEST_PASSWORD * 4) return false;
  if (passwordHash !== null) return verify(passwordHash, password);
  await hash(password, argon2id);
  return false;
}

// Without 0 and o, 1 and l: it is read from a terminal and typed.
const LETTERS = '23456789abcdefghijkmnpqrstuvwxyz';

/** Generates a one-time password, such as `x7kq-m2vd-9hfe-bw4t`: 16 letters of 32, that is 80 random bits. */
export function generatePassword(): string {
  const letters = Array.from({ length: 16 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}
