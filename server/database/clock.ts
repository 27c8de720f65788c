import type { DatabaseOrTransaction } from './client.js';

/**
 * The current time of the database's clock; within a transaction, the time at which it began. All stored times and expiries use
 * this clock, because the clocks of processes differ and may be changed at any time.
 */
export async function databaseTime(database: DatabaseOrTransaction): Promise<Date> {
  const [row] = await database.$queryRaw<{ now: Date }[]>`SELECT transaction_timestamp() AS now`;
  if (!row) throw new Error('The query for the time returned no row.');
  return row.now;
}

/** The time `ms` milliseconds before that of the database's clock. */
export async function databaseTimeBefore(database: DatabaseOrTransaction, ms: number): Promise<Date> {
  return new Date((await databaseTime(database)).getTime() - ms);
}
