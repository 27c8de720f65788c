import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { runInProcess, specifier } from '../process/testing.js';
import { MIGRATIONS_FOLDER, readMigrations } from './schema-engine.js';
import { createTestDatabase, type TestDatabase } from './testing.js';

let test: TestDatabase; // a migrated one
let empty: { url: string; query: (sql: string) => Promise<pg.QueryResult>; drop: () => Promise<unknown> };
let folder: string;

beforeEach(async () => {
  test = await createTestDatabase();
  empty = await createEmptyDatabase(test.url);
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-migrations-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  await empty.drop();
  await test.drop();
});

async function createEmptyDatabase(serverUrl: string) {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const once = async (url: string, sql: string) => {
    const client = new pg.Client(url);
    await client.connect();
    return client.query(sql).finally(() => client.end());
  };
  await once(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    query: (sql: string) => once(url.href, sql),
    drop: () => once(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** In a separate process: Prisma's schema engine does not work in Jest's realm. */
async function migrate(url: string, from = MIGRATIONS_FOLDER): Promise<string[]> {
  const result = await runInProcess(`
    import { migrate } from ${specifier('./migrate.js', import.meta.url)};
    report(await migrate(${JSON.stringify(url)}, ${JSON.stringify(from)}).catch((error) => ({ error: error.message })));`);
  const outcome = z.union([z.array(z.string()), z.object({ error: z.string() })]).parse(result);
  if (Array.isArray(outcome)) return outcome;
  throw new Error(outcome.error);
}

async function writeMigration(name: string, sql: string): Promise<void> {
  await mkdir(path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, name, 'migration.sql'), sql);
}

/** The last migration that was written before this rule. Applied migrations cannot change. */
const RULE_STARTS_AFTER = '20261129053500';

it('checks the rows of large tables without a lock that keeps readers out, and leaves no constraint unchecked', async () => {
  const { migrationDirectories } = await readMigrations(MIGRATIONS_FOLDER);
  const locking = migrationDirectories.flatMap(({ path: name, migrationFile: { content } }) => {
    if (name < RULE_STARTS_AFTER || content.tag !== 'ok') return [];
    const statements = content.value.replaceAll(/^--.*$/gm, '').split(';');
    return statements.filter(
      (statement) =>
        /ALTER TABLE "(Prediction|Review|Image|AuditEvent)"/.test(statement) &&
        (statement.match(/\bADD CONSTRAINT\b/g)?.length ?? 0) >
          (statement.match(/\bNOT VALID\b/g)?.length ?? 0),
    );
  });
  expect(locking).toEqual([]);
  const client = new pg.Client(test.url);
  await client.connect();
  const { rows } = await client.query('SELECT conname FROM pg_constraint WHERE NOT convalidated');
  await client.end();
  expect(rows).toEqual([]);
});

it('applies all migrations once, in order, and then none', async () => {
  const names = (await readMigrations(MIGRATIONS_FOLDER)).migrationDirectories.map(
    (migration) => migration.path,
  );
  expect(await migrate(empty.url)).toEqual(names);
  expect(await migrate(empty.url)).toEqual([]);
});

it('creates the database that schema.prisma describes', async () => {
  const difference = await runInProcess(`
    import { readFile } from 'node:fs/promises';
    import * as engines from ${specifier('./schema-engine.js', import.meta.url)};
    const migrationsList = await engines.readMigrations(engines.MIGRATIONS_FOLDER);
    const files = [{ path: engines.SCHEMA_FILE, content: await readFile(engines.SCHEMA_FILE, 'utf8') }];
    const filters = engines.NO_FILTERS;
    report(await engines.withSchemaEngine(${JSON.stringify(empty.url)}, async (engine) => {
      const [from, to] = [{ tag: 'migrations', ...migrationsList }, { tag: 'schemaDatamodel', files }];
      return engine.diff({ from, to, script: true, exitCode: true, filters });
    }));`);
  expect(difference).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('empty migration') });
});

it('migrates once when many processes start at the same time', async () => {
  const applied = await Promise.all([migrate(empty.url), migrate(empty.url), migrate(empty.url)]);
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
});

it('rolls back a migration that fails midway, names it and the reason, and applies it once it is fixed', async () => {
  await writeMigration('1_first', 'CREATE TABLE "First" ();');
  await writeMigration('2_second', 'CREATE TABLE "Second" (); SELECT 1 / 0;');
  await expect(migrate(empty.url, folder)).rejects.toThrow(/division by zero[^]*2_second/);
  await expect(migrate(empty.url, folder)).rejects.toThrow('division by zero'); // again, at the next start
  expect((await empty.query(`SELECT to_regclass('"Second"') AS "table"`)).rows).toEqual([{ table: null }]);
  await writeMigration('2_second', 'CREATE TABLE "Second" ();');
  expect(await migrate(empty.url, folder)).toEqual(['2_second']);
});

it('runs functions that contain semicolons', async () => {
  await writeMigration(
    '1_function',
    `CREATE FUNCTION answer() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 42; END $$;
     DO $$ BEGIN NULL; END $$;`,
  );
  await migrate(empty.url, folder);
  expect((await empty.query('SELECT answer()')).rows).toEqual([{ answer: 42 }]);
});

it('refuses to migrate when an applied migration was changed', async () => {
  await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
  await migrate(empty.url, folder);
  const [first] = (await readMigrations(folder)).migrationDirectories;
  await writeMigration(first?.path ?? '', 'SELECT 1;');
  await expect(migrate(empty.url, folder)).rejects.toThrow('has changed since it was applied');
});
