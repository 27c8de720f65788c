import { layersOf } from './database-outage.js';

/** SQLSTATE, and the codes of Prisma for the same. */
const CODES = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '23503', // foreign_key_violation: another transaction has added or removed a row that this one relied on
  'P2034',
  'P2003',
]);

/** Whether a transaction failed because of another one at the same time, so that repeating it may succeed. */
export function isConflict(error: unknown): boolean {
  return [...layersOf(error)].some(({ code }) => CODES.has(code));
}
