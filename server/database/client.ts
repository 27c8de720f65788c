import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from './generated/client.js';

export type Database = PrismaClient;
export type Transaction = Prisma.TransactionClient;
export type DatabaseOrTransaction = Database | Transaction;

/** Opens a pool of at most `connections` to the Postgres at `url`. Nothing connects before the first query. */
export function createDatabase(url: string, connections = 10): Database {
  return new PrismaClient({
    adapter: new PrismaPg({ connectionString: url, max: connections }),
    // Prisma's own 2 s and 5 s end a transaction that only waits its turn on a busy machine, or writes to a slow store.
    transactionOptions: { maxWait: 15_000, timeout: 60_000 },
  });
}
