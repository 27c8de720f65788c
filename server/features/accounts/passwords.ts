import { hash, verify } from '@node-rs/argon2';
import { randomInt } from 'node:crypto';

// OWASP Password Storage Cheat Sheet: Argon2id (the library's default) with 19 MiB of memory, 2 iterations and 1 degree
// of parallelism.
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const SHORTEST = 12;
const LONGEST = 256;

/** What is wrong with a new password, as a sentence that says what would be right; null when nothing is. */
export function passwordFault(password: string, email: string): string | null {
  const length = Array.from(password).length; // characters, not UTF-16 units
  if (length < SHORTEST) return `A password has at least ${SHORTEST} characters.`;
  if (length > LONGEST) return `A password has at most ${LONGEST} characters.`;
  if (new Set(password).size < 4) return 'A password has at least 4 different characters.';
  if (password.toLowerCase().includes(email.toLowerCase()))
    return 'A password does not contain the e-mail address.';
  return null;
}

/** The Argon2id hash to keep, with its parameters and salt inside (PHC string format). */
export function hashPassword(password: string): Promise<string> {
  return hash(password, argon2id);
}

/** Whether the password is the hash's; with no hash (nobody of that name) it is not, and that takes as long to say. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  if (password.length > LONGEST * 4) return false;
  if (passwordHash !== null) return verify(passwordHash, password);
  await hash(password, argon2id);
  return false;
}

// Without 0 and o, 1 and l: it is read from a terminal and typed.
const LETTERS = '23456789abcdefghijkmnpqrstuvwxyz';

/** A password to be used once, such as `x7kq-m2vd-9hfe-bw4t`: 16 letters of 32, that is 80 random bits. */
export function generatePassword(): string {
  const letters = Array.from({ length: 16 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}
