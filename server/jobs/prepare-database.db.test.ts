import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { createDatabase } from '../database/client.js';
import { withClient, withDatabase } from '../database/testing.js';
import { runInProcess, specifier } from '../process/testing.js';

// Migrations and rights as an operator sets them up: a database of an ordinary role, and a second role for the server.

const serverUrl = process.env.TEST_POSTGRES_URL ?? '';
const suffix = randomUUID().slice(0, 8);
const [owner, server] = [`owner_${suffix}`, `server_${suffix}`];
const databaseName = `test_roles_${suffix}`;
const url = as(server);
const migrationUrl = as(owner);

function as(role: string, database = databaseName): string {
  const changed = new URL(withDatabase(serverUrl, database));
  changed.username = role;
  changed.password = role;
  return changed.href;
}

function query(address: string, sql: string): Promise<pg.QueryResultRow[]> {
  return withClient(address, async (client) => (await client.query<pg.QueryResultRow>(sql)).rows);
}

beforeAll(async () => {
  for (const role of [owner, server]) await query(serverUrl, `CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
  await query(serverUrl, `CREATE DATABASE ${databaseName} OWNER ${owner} TEMPLATE template0`);
});

afterAll(async () => {
  await query(serverUrl, `DROP DATABASE ${databaseName} WITH (FORCE)`);
  await query(serverUrl, `DROP ROLE ${owner}, ${server}`);
});

/** Prepares the database in a separate process, because Prisma's schema engine does not work in Jest's realm. */
async function prepare(addresses: { url: string; migrationUrl?: string }) {
  const settings = { databaseUrl: addresses.url, migrationDatabaseUrl: addresses.migrationUrl ?? null };
  return runInProcess(`
    import { configuredDatabase, prepareDatabase } from ${specifier('./prepare-database.js', import.meta.url)};
    const warnings = [];
    const log = { warn: (message) => warnings.push(message) };
    try {
      const applied = await prepareDatabase(await configuredDatabase(${JSON.stringify(settings)}, log), log);
      report({ applied: applied.length, warnings });
    } catch (error) {
      report({ error: error.message });
    }`);
}

test('an empty database needs a role that may create tables', async () => {
  expect(await prepare({ url })).toEqual({
    error: expect.stringMatching(/has no Cytograph tables, .* Set MIGRATION_DATABASE_URL to the owner/s),
  });
  expect(await prepare({ url, migrationUrl: url })).toEqual({
    error: expect.stringMatching(/of MIGRATION_DATABASE_URL .* too few rights .*GRANT CREATE ON DATABASE/s),
  });
});

test('the owner migrates, and the role of the server can use the tables and the queue', async () => {
  expect(await prepare({ url, migrationUrl })).toEqual({ applied: expect.any(Number), warnings: [] });
  const database = createDatabase(url, 1);
  await database.model.create({ data: { id: 'model_a', name: 'a' } });
  await database.$queryRaw`SELECT graphile_worker.add_job('train', '{}')`;
  expect(await database.$queryRaw`SELECT task_identifier AS task FROM graphile_worker.jobs`).toEqual([
    { task: 'train' },
  ]);
  await database.$disconnect();
  await expect(query(url, 'DROP TABLE "Model" CASCADE')).rejects.toThrow('must be owner');
});

test('afterwards the server starts without the address of the owner', async () => {
  expect(await prepare({ url })).toEqual({ applied: 0, warnings: [] });
  expect(await prepare({ url, migrationUrl })).toEqual({ applied: 0, warnings: [] });
});

test('the owner alone works too, with a warning', async () => {
  expect(await prepare({ url: migrationUrl })).toEqual({
    applied: 0,
    warnings: [expect.stringContaining(`role '${owner}', which owns the tables`)],
  });
});

test('a new migration, a missing right and another database are reported before the server starts', async () => {
  const [last] = await query(
    migrationUrl,
    `DELETE FROM _prisma_migrations WHERE migration_name = (SELECT max(migration_name) FROM _prisma_migrations) RETURNING *`,
  );
  expect(await prepare({ url })).toEqual({
    error: expect.stringContaining('may not run the new migrations of this release'),
  });
  await withClient(migrationUrl, (client) =>
    client.query(
      `INSERT INTO _prisma_migrations SELECT * FROM json_populate_record(NULL::_prisma_migrations, $1)`,
      [JSON.stringify(last)],
    ),
  );
  await query(migrationUrl, `REVOKE DELETE ON "Session" FROM ${server}`);
  expect(await prepare({ url })).toEqual({
    error: expect.stringMatching(/too few rights in public."Session"\. Set MIGRATION_DATABASE_URL/),
  });
  expect(await prepare({ url, migrationUrl })).toEqual({ applied: 0, warnings: [] }); // grants it again

  const other = new URL(migrationUrl);
  other.pathname = '/postgres';
  expect(await prepare({ url, migrationUrl: other.href })).toEqual({
    error: expect.stringContaining('lead to different databases'),
  });
});
