import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrateQueue } from '../jobs/queue.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { migrate } from './migrate.js';
import { grantProcessRights } from './process-rights.js';
import { databaseExists, PROCESS_USER, templateName, withClient, withDatabase } from './testing.js';

// Used by testing.ts. Given the URL of a server, creates the template database on it. Otherwise starts a server with the
// template, prints its URL, and runs until standard input closes.

/** Advisory lock held while the template is created, so that only one of many test processes creates it. */
const TEMPLATE_LOCK = 4_021_970;

/** The role is the same in all databases of a server. Tests know its password. */
const PROCESS_ROLE = `
  DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${PROCESS_USER}') THEN CREATE ROLE ${PROCESS_USER}; END IF;
    ALTER ROLE ${PROCESS_USER} LOGIN PASSWORD '${PROCESS_USER}';
  END $$`;

const given = process.argv[2];
if (given) await ensureTemplate(given);
else await serve();

async function serve(): Promise<void> {
  // The process that started this server ends it, possibly much later.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  const closed = new Promise((resolve) => process.stdin.once('close', resolve).resume());
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-test-'));
  await chmod(folder, 0o755); // Postgres may run as another user
  try {
    const postgres = await startEmbeddedPostgres(path.join(folder, 'postgres'), {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '300',
    });
    try {
      await ensureTemplate(postgres.url);
      console.log(postgres.url);
      await closed;
    } finally {
      await postgres.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ensureTemplate(serverUrl: string): Promise<void> {
  const name = await templateName();
  await withClient(serverUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    if (await databaseExists(client, name)) return;
    const draft = `draft_${name}`;
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
    await migrate(withDatabase(serverUrl, draft));
    await migrateQueue(withDatabase(serverUrl, draft));
    await client.query(PROCESS_ROLE);
    await grantProcessRights(withDatabase(serverUrl, draft), PROCESS_USER);
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
  });
}
