import { createHash } from 'node:crypto';
import type { Database } from './client.js';
import { asDatabaseError } from './database-outage.js';

/**
 * SQL that each connection has Postgres parse and plan once, for what every single image costs: through Prisma it would be
 * parsed and planned each time, which takes longer than running it. The text must not depend on the values.
 */
export interface Statement {
  readonly text: string;
  /** Of the text: two of one name and different texts would be a fault of the connection's. */
  readonly name: string;
}

export function statement(text: string): Statement {
  return { text, name: createHash('sha256').update(text).digest('base64url') };
}

/** Each takes milliseconds. Most requests wait for several, and none longer than a classification may take. */
const LONGEST_MS = 10_000;

/**
 * Runs it by itself, never as a part of a transaction (`Transaction` has `$queryRawUnsafe` for that). Rows are as the driver reads
 * them: `timestamptz` as Date, `int` and `float8` as number, but `bigint` and `numeric` as string. Throws pg.DatabaseError, and
 * UnavailableError where the database is away.
 *
 * @param values of $1, $2, …: a Date with its offset, an array as one of Postgres's, null as NULL
 */
export async function runStatement<Row extends object>(
  { pool }: Database,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  // The driver's limit, which its types lack; the pool closes the connection of a statement that exceeds it.
  const query = { name, text, values: [...values], query_timeout: LONGEST_MS };
  try {
    const { rows } = await pool.query<Row>(query);
    return rows;
  } catch (error) {
    throw asDatabaseError(error);
  }
}
