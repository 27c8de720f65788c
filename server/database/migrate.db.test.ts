import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { migrate } from './migrate.js';
import {
  MIGRATIONS_FOLDER,
  NO_FILTERS,
  readMigrations,
  SCHEMA_FILE,
  withSchemaEngine,
} from './schema-engine.js';
import { createTestDatabase, type TestDatabase } from './testing.js';

let test: TestDatabase; // a migrated one
let empty: { url: string; query: (sql: string) => Promise<pg.QueryResult>; drop: () => Promise<void> };
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
    drop: async () => void (await once(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

async function writeMigration(name: string, sql: string): Promise<void> {
  await mkdir(path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, name, 'migration.sql'), sql);
}

it('applies all once, in order, and then nothing', async () => {
  const names = (await readMigrations(MIGRATIONS_FOLDER)).migrationDirectories.map(
    (migration) => migration.path,
  );
  expect(await migrate(empty.url)).toEqual(names);
  expect(await migrate(empty.url)).toEqual([]);
});

it('brings the database to what schema.prisma says', async () => {
  const schema = { files: [{ path: SCHEMA_FILE, content: await readFile(SCHEMA_FILE, 'utf8') }] };
  const migrationsList = await readMigrations(MIGRATIONS_FOLDER);
  const difference = await withSchemaEngine(empty.url, async (engine) => {
    await engine.devDiagnostic({ migrationsList, filters: NO_FILTERS });
    return engine.diff({
      from: { tag: 'migrations', ...migrationsList },
      to: { tag: 'schemaDatamodel', ...schema },
      script: true,
      exitCode: true,
      filters: NO_FILTERS,
    });
  });
  expect(difference.stdout).toContain('This is an empty migration');
});

it('migrates once when many processes start at once', async () => {
  const applied = await Promise.all([migrate(empty.url), migrate(empty.url), migrate(empty.url)]);
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
});

it('leaves nothing of a migration that fails midway, names it and the reason, and applies it once it is right', async () => {
  await writeMigration('1_first', 'CREATE TABLE "First" ();');
  await writeMigration('2_second', 'CREATE TABLE "Second" (); SELECT 1 / 0;');
  for (let attempt = 1; attempt <= 2; attempt++) {
    const failure = await migrate(empty.url, folder).then(
      String,
      (error: { message: string }) => error.message,
    );
    expect(failure).toContain('2_second');
    expect(failure).toContain('division by zero');
  }
  expect((await empty.query(`SELECT to_regclass('"Second"') AS "table"`)).rows).toEqual([{ table: null }]);
  await writeMigration('2_second', 'CREATE TABLE "Second" ();');
  expect(await migrate(empty.url, folder)).toEqual(['2_second']);
});

it('runs functions and their semicolons', async () => {
  await writeMigration(
    '1_function',
    `CREATE FUNCTION answer() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 42; END $$; DO $$ BEGIN NULL; END $$;`,
  );
  await migrate(empty.url, folder);
  expect((await empty.query('SELECT answer()')).rows).toEqual([{ answer: 42 }]);
});

it('refuses to go on when an applied migration was changed', async () => {
  await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
  await migrate(empty.url, folder);
  const [first] = (await readMigrations(folder)).migrationDirectories;
  await writeMigration(first?.path ?? '', 'SELECT 1;');
  await expect(migrate(empty.url, folder)).rejects.toThrow(/has changed since it was applied/);
});
