import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { migrateQueue } from '../jobs/queue.js';
import { createDatabase, type Database } from './client.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { migrate } from './migrate.js';
import { MIGRATIONS_FOLDER } from './schema-engine.js';

export interface TestDatabase {
  url: string;
  database: Database;
  /** Disconnects `database` and drops it, whoever else is still connected. */
  drop(): Promise<void>;
}

/** Held while the template is made, so that of many test processes one makes it. */
const TEMPLATE_LOCK = 4_021_970;

/** Starts a Postgres for one test run, on a temporary folder, as fast as one can be that need not survive a crash. */
export async function startTestPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-test-'));
  const postgres = await startEmbeddedPostgres(path.join(folder, 'postgres'), {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '300',
  });
  const stop = async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await withClient(postgres.url, (client) => ensureTemplate(client, postgres.url));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: postgres.url, stop };
}

/**
 * A fresh database with all migrations, cloned from a template, on the server at `TEST_POSTGRES_URL`. Every test file may
 * have its own, in any number of processes at once.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env.TEST_POSTGRES_URL;
  if (!serverUrl)
    throw new Error('TEST_POSTGRES_URL is not set: run the tests through npm test, which starts a Postgres.');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(serverUrl, async (client) => {
    const template = await ensureTemplate(client, serverUrl);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  const url = withDatabase(serverUrl, name);
  const database = createDatabase(url, 5);
  return {
    url,
    database,
    drop: async () => {
      await database.$disconnect();
      await withClient(serverUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

/** Makes the migrated template if it is not there yet, under a name that changes with the migrations. */
async function ensureTemplate(client: pg.Client, serverUrl: string): Promise<string> {
  const name = `template_${await digestMigrations()}`;
  if (await databaseExists(client, name)) return name;
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    if (await databaseExists(client, name)) return name;
    const draft = `draft_${name}`;
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
    const url = withDatabase(serverUrl, draft);
    await migrate(url);
    await migrateQueue(url);
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
    return name;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function digestMigrations(): Promise<string> {
  const hash = createHash('sha256');
  const files = await readdir(MIGRATIONS_FOLDER, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.sql')).sort())
    hash.update(file).update(await readFile(path.join(MIGRATIONS_FOLDER, file)));
  return hash.digest('hex').slice(0, 16);
}

async function databaseExists(client: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  return rowCount === 1;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  return work(client).finally(() => client.end());
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
