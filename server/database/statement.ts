import { createHash } from 'node:crypto';
import type { Database } from './client.js';

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

/** @param values of $1, $2, …: arrays as Postgres's arrays, anything else as text */
export async function runStatement<Row extends object>(
  { pool }: Database,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  const { rows } = await pool.query<Row>({ name, text, values: [...values] });
  return rows;
}
