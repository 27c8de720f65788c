import { createHash } from 'node:crypto';
import type { Database } from './client.js';
import { asDatabaseError } from './database-outage.js';

/**
 * A prepared statement, which Postgres parses and plans once for each connection. Used for statements that run for every image:
 * through Prisma they would be parsed and planned each time, which takes longer than running them. The text must not depend
 * on the values.
 */
export interface Statement {
  readonly text: string;
  /** Hash of the text. The driver requires that statements with the same name have the same text. */
  readonly name: string;
}

/**
 * SQL of a parameter for {@link statement}, whose value Postgres does not use when it plans. Otherwise, where a plan for the given value
 * seems cheaper than one for any value, Postgres plans the statement each time: always so for an array, because it expects ten
 * elements of one that it does not know, and for a null that makes a condition superfluous.
 *
 * @param parameter such as '$1'
 * @param type such as 'text[]'
 */
export function unplanned(parameter: string, type: string): string {
  return `(SELECT ${parameter}::${type})::${type}`;
}

export function statement(text: string): Statement {
  return { text, name: createHash('sha256').update(text).digest('base64url') };
}

/** Time limit of a statement, in milliseconds. Statements take a few milliseconds, and a classification waits for several. */
const LONGEST_MS = 10_000;

/**
 * Runs a statement outside any transaction (within one, use `$queryRawUnsafe` of `Transaction`). The rows have the driver's types:
 * `timestamptz` is a Date, `int` and `float8` are numbers, `bigint` and `numeric` are strings.
 *
 * @param values the values of $1, $2, …: a Date is sent with its offset, an array as a Postgres array, null as NULL
 * @throws pg.DatabaseError if Postgres rejects the statement; UnavailableError if the database is unavailable
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
