import { execFile, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { createDatabase, type Database } from './client.js';
import { tableRights } from './process-rights.js';
import { MIGRATIONS_FOLDER } from './schema-engine.js';

export interface TestDatabase {
  url: string;
  database: Database;
  /** Disconnects `database` and drops it, even if others are still connected. */
  drop(): Promise<void>;
}

const TESTING_SERVER = fileURLToPath(new URL('./testing-server.js', import.meta.url));

/**
 * Starts a Postgres for one test run in a temporary folder, with settings that favour speed over surviving a crash. It ends with
 * this process, even if the process is killed.
 */
export async function startTestPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  // A separate process group, so that a signal to this group leaves the server time to clean up.
  const child = spawn(process.execPath, [TESTING_SERVER], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(child, 'exit');
  for await (const url of createInterface({ input: child.stdout })) {
    const stop = async () => {
      child.stdin.end();
      await ended;
    };
    return { url, stop };
  }
  throw new Error('The Postgres for tests did not start; see the reason above.');
}

/**
 * Creates a database with all migrations on the server at `TEST_POSTGRES_URL`, by cloning a template. Every test file can have its
 * own, in any number of processes at once.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env.TEST_POSTGRES_URL;
  if (!serverUrl)
    throw new Error('TEST_POSTGRES_URL is not set: run the tests through npm test, which starts a Postgres.');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const template = await templateName();
  await withClient(serverUrl, async (client) => {
    // In a separate process: Prisma's schema engine does not work in Jest's realm.
    if (!(await databaseExists(client, template)))
      await promisify(execFile)(process.execPath, [TESTING_SERVER, serverUrl]);
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

/** The role of the server and the worker on the Postgres for tests. Its password is the same word. */
export const PROCESS_USER = 'cytograph_process';

/** Returns the URL of the database at `url` as the role of the server and the worker. */
export function asProcess(url: string): string {
  const changed = new URL(url);
  changed.username = PROCESS_USER;
  changed.password = PROCESS_USER;
  return changed.href;
}

/** The name of the migrated template, which changes with the migrations and the rights of the process's role. */
export async function templateName(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(tableRights));
  const files = await readdir(MIGRATIONS_FOLDER, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.sql')).sort())
    hash.update(file).update(await readFile(path.join(MIGRATIONS_FOLDER, file)));
  return `template_${hash.digest('hex').slice(0, 16)}`;
}

export async function databaseExists(client: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  return rowCount === 1;
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  return work(client).finally(() => client.end());
}

/** Returns the URL of another database on the server at `url`. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
