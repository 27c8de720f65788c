import { hash, verify } from '@node-rs/argon2';
import { randomInt } from 'node:crypto';

// OWASP Password Storage Cheat Sheet: Argon2id (the library's default) with 19 MiB of memory, 2 iterations and 1 degree
// of parallelism.
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const SHORTEST = 12;
const LONGEST = 256;

/** Why a new password is not acceptable, as a sentence that says what would be right; null if it is acceptable. */
export function passwordFault(password: string, email: string): string | null {
  const length = Array.from(password).length; // characters, not UTF-16 units
  if (length < SHORTEST) return `A password must have at least ${SHORTEST} characters.`;
  if (length > LONGEST) return `A password must have at most ${LONGEST} characters.`;
  if (new Set(password).size < 4) return 'A password must have at least 4 different characters.';
  if (password.toLowerCase().includes(email.toLowerCase()))
    return 'A password must not contain the e-mail address.';
  return null;
}

/** The Argon2id hash of a password for storage, including its parameters and salt (PHC string format). */
export function hashPassword(password: string): Promise<string> {
  return hash(password, argon2id);
}

/** Whether the password matches the hash. Without a hash (no such user) it returns false after the same time. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  if (password.length > LONGEST * 4) return false;
  if (passwordHash !== null) return verify(passwordHash, password);
  await hash(password, argon2id);
  return false;
}

// Without 0 and o, 1 and l, which are easily confused when the password is read from a terminal and typed.
const LETTERS = '23456789abcdefghijkmnpqrstuvwxyz';

/** Generates a one-time password, such as `x7kq-m2vd-9hfe-bw4t`: 16 letters of 32, that is 80 random bits. */
export function generatePassword(): string {
  const letters = Array.from({ length: 16 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}
