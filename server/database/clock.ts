import type { DatabaseOrTransaction } from './client.js';

/**
 * The time by the database's clock; within a transaction, the time at which it began. Everything that is stored is dated
 * and judged by this one clock: the clocks of processes differ, and somebody may set them forward or back at any moment.
 */
export async function databaseTime(database: DatabaseOrTransaction): Promise<Date> {
  const [row] = await database.$queryRaw<{ now: Date }[]>`SELECT transaction_timestamp() AS now`;
  if (!row) throw new Error('Postgres did not say what time it is.');
  return row.now;
}
