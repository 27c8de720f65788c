import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from 'pino';
import { Prisma, PrismaClient } from './generated/client.js';
import { WatchedPool } from './watched-pool.js';

export type Transaction = Prisma.TransactionClient;
export type DatabaseOrTransaction = Database | Transaction;

/** How long disconnecting waits for running statements. */
const DISCONNECT_MS = 3_000;

/** The Prisma client on a connection pool, which `runStatement` also uses directly. It cannot be used after `$disconnect`. */
export class Database extends PrismaClient {
  readonly pool: WatchedPool;

  constructor(pool: WatchedPool) {
    super({
      adapter: new PrismaPg(pool),
      // Prisma's own 2 s and 5 s end a transaction that only waits its turn on a busy machine, or writes to a slow store.
      transactionOptions: { maxWait: 15_000, timeout: 60_000 },
    });
    this.pool = pool;
  }

  override async $disconnect(): Promise<void> {
    await super.$disconnect();
    await this.pool.endWithin(DISCONNECT_MS);
  }
}

/**
 * Opens a pool of at most `connections` to the Postgres at `url`. Nothing connects before the first query.
 * @param log receives messages when the database becomes unreachable and reachable again
 */
export function createDatabase(url: string, connections = 10, log?: Logger): Database {
  return new Database(new WatchedPool(url, connections, log));
}
