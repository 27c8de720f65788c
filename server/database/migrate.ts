import { createHash } from 'node:crypto';
import type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { MIGRATIONS_FOLDER, NO_FILTERS, readMigrations, withSchemaEngine } from './schema-engine.js';

/** Advisory lock held while migrating, so that replicas that start at the same time migrate one after the other. */
const MIGRATION_LOCK = 4_021_969;

/** Postgres's error code for a missing table; here, no migration has been applied yet. */
const UNDEFINED_TABLE = '42P01';

/**
 * Applies the migrations in `folder` that have not been applied to the database at `url`. Each migration is one transaction: a
 * failed migration changes nothing and is tried again at the next start.
 * @returns the names of the migrations applied by this call
 * @throws Error that names the migration and Postgres's reason
 */
export async function migrate(url: string, folder = MIGRATIONS_FOLDER): Promise<string[]> {
  return withMigrationLock(url, () => applyMigrations(url, folder));
}

/** Runs `work` while holding the migration lock of the database at `url`. */
export async function withMigrationLock<T>(url: string, work: () => Promise<T>): Promise<T> {
  const lock = new pg.Client(url);
  lock.on('error', () => {}); // if the connection is lost, the migration itself fails
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return await work();
  } finally {
    await lock.end();
  }
}

async function applyMigrations(url: string, folder: string): Promise<string[]> {
  const migrationsList = await readMigrations(folder);
  if (await areRecorded(url, migrationsList)) return [];
  return withSchemaEngine(url, async (engine) => {
    const { failedMigrationNames, editedMigrationNames } = await engine.diagnoseMigrationHistory({
      migrationsList,
      optInToShadowDatabase: false,
      filters: NO_FILTERS,
    });
    const edited = editedMigrationNames.find((name) => !failedMigrationNames.includes(name));
    if (edited)
      throw new Error(
        `The migration ${edited} has changed since it was applied to this database. Applied migrations must not change: ` +
          `restore it, and put the change into a new migration ('npm run db:migration -- NAME').`,
      );
    // Postgres has rolled back the whole migration, whether it failed or its process was killed. Only Prisma's record remains.
    for (const migrationName of failedMigrationNames) await engine.markMigrationRolledBack({ migrationName });
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: NO_FILTERS });
    return appliedMigrationNames;
  });
}

/** Whether all migrations in `folder` have been applied to the database at `url`. */
export async function areAllApplied(url: string, folder = MIGRATIONS_FOLDER): Promise<boolean> {
  return areRecorded(url, await readMigrations(folder));
}

/**
 * Whether every migration is recorded as applied with its present content (Prisma stores its SHA-256), and none as failed. This is
 * true at nearly every start, and saves loading the engine, which takes a second and 40 MB.
 */
async function areRecorded(url: string, { migrationDirectories }: MigrationList): Promise<boolean> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; checksum: string; applied: boolean }>(
      `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS applied
       FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
    );
    const checksums = new Map(rows.map(({ name, checksum }) => [name, checksum]));
    return (
      rows.every(({ applied }) => applied) &&
      migrationDirectories.every(
        ({ path: name, migrationFile: { content } }) =>
          content.tag === 'ok' &&
          checksums.get(name) === createHash('sha256').update(content.value).digest('hex'),
      )
    );
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return false;
    throw error;
  } finally {
    await client.end();
  }
}
