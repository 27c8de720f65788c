import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import {
  MIGRATIONS_FOLDER,
  NO_FILTERS,
  readMigrations,
  SCHEMA_FILE,
  withSchemaEngine,
} from './schema-engine.js';

// `npm run db:migration -- NAME` writes the SQL from what the migrations so far make to what prisma/schema.prisma says,
// on a throw-away Postgres. Where they agree, it writes an empty migration to be filled in by hand.

const name = process.argv[2];
if (!name || !/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error('Give the migration a name in snake_case: npm run db:migration -- add_case_notes');
  process.exit(1);
}

const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-migration-'));
await chmod(folder, 0o755); // Postgres may run as another user
try {
  const postgres = await startEmbeddedPostgres(path.join(folder, 'postgres'), { fsync: 'off' });
  try {
    console.log(`Wrote ${await writeMigration(postgres.url, name)}`);
  } finally {
    await postgres.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function writeMigration(url: string, migrationName: string): Promise<string> {
  await mkdir(MIGRATIONS_FOLDER, { recursive: true });
  const migrationsList = await readMigrations(MIGRATIONS_FOLDER);
  const files = [{ path: SCHEMA_FILE, content: await readFile(SCHEMA_FILE, 'utf8') }];
  const { stdout } = await withSchemaEngine(url, (engine) =>
    engine.diff({
      from: { tag: 'migrations', ...migrationsList },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: NO_FILTERS,
    }),
  );
  const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const file = path.join(MIGRATIONS_FOLDER, `${time}_${migrationName}`, 'migration.sql');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, stdout ?? '');
  return path.relative(process.cwd(), file);
}
