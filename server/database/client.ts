import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { Prisma, PrismaClient } from './generated/client.js';

export type Transaction = Prisma.TransactionClient;
export type DatabaseOrTransaction = Database | Transaction;

/** Prisma on a pool of connections, which `runStatement` takes without going through Prisma. Once disconnected, it stays so. */
export class Database extends PrismaClient {
  readonly pool: pg.Pool;

  constructor(pool: pg.Pool) {
    super({
      adapter: new PrismaPg(pool),
      // Prisma's own 2 s and 5 s end a transaction that only waits its turn on a busy machine, or writes to a slow store.
      transactionOptions: { maxWait: 15_000, timeout: 60_000 },
    });
    this.pool = pool;
    // An idle connection that breaks is replaced by the next query; without a listener it would end the process.
    pool.on('error', () => undefined);
  }

  override async $disconnect(): Promise<void> {
    await super.$disconnect();
    if (!this.pool.ending) await this.pool.end();
  }
}

/** Opens a pool of at most `connections` to the Postgres at `url`. Nothing connects before the first query. */
export function createDatabase(url: string, connections = 10): Database {
  const options: PoolOptions = { connectionString: url, max: connections, onConnect: useUtc };
  return new Database(new pg.Pool(options));
}

/** The pool waits for what `onConnect` returns, which its types do not say. */
interface PoolOptions extends Omit<pg.PoolConfig, 'onConnect'> {
  onConnect: (client: pg.ClientBase) => Promise<void>;
}

/**
 * Prisma's adapter writes times without their offset and reads them as if it were zero, so in a session of another time zone
 * what it writes is hours off for everybody else, such as `now()` and the driver. It is set by a statement, since poolers
 * refuse it as an option of the connection.
 */
async function useUtc(client: pg.ClientBase): Promise<void> {
  await client.query("SET TIME ZONE 'UTC'");
}
