import { randomInt } from 'node:crypto';
import pg from 'pg';
import type { Logger } from 'pino';
import { type Config, ignoredParameters } from '../config.js';
import {
  checkPostgres,
  type DatabaseSetting,
  rethrowExplained,
  UnusablePostgresError,
  unusablePostgres,
} from '../database/check-postgres.js';
import { areAllApplied, migrate } from '../database/migrate.js';
import { grantProcessRights, roleFacts, type RoleFacts } from '../database/process-rights.js';
import { migrateQueue } from './queue.js';

/** One database, as its two roles. */
export interface DatabaseRoles {
  /** As the role of the server and the worker. */
  url: string;
  /** As the owner of the tables. Null if it is not known here: then `url` may be the owner, or the migrations run elsewhere. */
  migrationUrl: string | null;
}

/**
 * Returns the database of the settings after checking its Postgres, or null if the settings name none.
 * @throws UnusablePostgresError
 */
export async function configuredDatabase(
  { databaseUrl: url, migrationDatabaseUrl: migrationUrl }: Config,
  log: Pick<Logger, 'warn'>,
): Promise<DatabaseRoles | null> {
  if (url === null) return null;
  await checkConfigured(url, 'DATABASE_URL', log);
  if (migrationUrl !== null) {
    await checkConfigured(migrationUrl, 'MIGRATION_DATABASE_URL', log);
    await checkSameDatabase(url, migrationUrl);
  }
  return { url, migrationUrl };
}

async function checkConfigured(
  url: string,
  setting: DatabaseSetting,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  const ignored = ignoredParameters(url);
  if (ignored.length > 0) log.warn(`${setting}: ${ignored.join(', ')} has no effect here.`);
  await checkPostgres(url, setting);
}

/**
 * Applies new migrations as the owner of the tables, and gives the role of the server and the worker its rights. Without the
 * address of the owner, it migrates as the role of `url` if that is the owner, with a warning, and otherwise checks that nothing is
 * left to do.
 * @returns the names of the applied migrations
 * @throws UnusablePostgresError that says what to set or run
 */
export async function prepareDatabase(
  { url, migrationUrl }: DatabaseRoles,
  log: Pick<Logger, 'warn'>,
): Promise<string[]> {
  const process = await roleFacts(url).catch((error: unknown) => rethrowExplained(error));
  if (migrationUrl === null && !process.mayMigrate) {
    requireRights(process);
    if (!(await areAllApplied(url))) throw outdated(process);
    return [];
  }
  const ownerUrl = migrationUrl ?? url;
  const setting = migrationUrl === null ? 'DATABASE_URL' : 'MIGRATION_DATABASE_URL';
  const explain = (error: unknown) => rethrowExplained(error, setting);
  const owner = await roleFacts(ownerUrl).catch(explain);
  if (!owner.mayMigrate) throw unusablePostgres(setting, mayNotMigrate(owner));
  const applied = await migrateAll(ownerUrl).catch(explain);
  if (owner.role !== process.role) await grantProcessRights(ownerUrl, process.role);
  const granted = await roleFacts(url);
  requireRights(granted);
  if (granted.mayMigrate) log.warn(ownerWarning(granted));
  return applied;
}

async function migrateAll(ownerUrl: string): Promise<string[]> {
  const applied = await migrate(ownerUrl);
  await migrateQueue(ownerUrl);
  return applied;
}

/**
 * Checks that the role of `url` has the rights that the server and the worker need.
 * @throws UnusablePostgresError that says what to set or run
 */
export async function checkRights(url: string): Promise<void> {
  requireRights(await roleFacts(url).catch((error: unknown) => rethrowExplained(error)));
}

function requireRights({ role, database, hasTables, lacking }: RoleFacts): void {
  if (!hasTables)
    throw unusable(
      `the database '${database}' has no Cytograph tables, and the role '${role}' has too few rights to create them. ` +
        MIGRATE_AS_OWNER,
    );
  if (lacking.length === 0) return;
  const [first = '', ...others] = lacking;
  const tables = others.length === 0 ? first : `${first} and ${others.length} more`;
  throw unusable(`the role '${role}' has too few rights in ${tables}. ${MIGRATE_AS_OWNER}`);
}

const MIGRATE_AS_OWNER =
  "Set MIGRATION_DATABASE_URL to the owner of the tables and start the server once, or run 'npm run db:migrate' with it: this " +
  'creates the tables and grants the rights';

function mayNotMigrate({ role, database, hasTables }: RoleFacts): string {
  if (hasTables) return `the role '${role}' does not own Cytograph's tables. Give the role that owns them`;
  return (
    `the role '${role}' has too few rights in the database '${database}'. As the owner of the database, run: ` +
    `GRANT CREATE ON DATABASE "${database}" TO "${role}"; GRANT USAGE, CREATE ON SCHEMA public TO "${role}"`
  );
}

function outdated({ role }: RoleFacts): UnusablePostgresError {
  return unusable(`the role '${role}' may not run the new migrations of this release. ${MIGRATE_AS_OWNER}`);
}

const unusable = (reason: string) => unusablePostgres('DATABASE_URL', reason);

function ownerWarning({ role }: RoleFacts): string {
  return (
    `The server runs with the Postgres role '${role}', which owns the tables or is a superuser, so a fault in the server could ` +
    'disable the triggers that protect predictions and the audit trail. Give the server a separate role: ' +
    'see "Two roles in Postgres" in docs/operations.md.'
  );
}

/** First half of the key of an advisory lock that only shows that two addresses lead to the same database. */
const SAME_DATABASE_LOCK = 4_021_972;

/**
 * Checks that both addresses lead to the same database: a lock taken through one must be visible through the other.
 * @throws UnusablePostgresError
 */
async function checkSameDatabase(url: string, migrationUrl: string): Promise<void> {
  const [process, owner] = [new pg.Client(url), new pg.Client(migrationUrl)];
  try {
    await process.connect();
    await owner.connect();
    const key = randomInt(2 ** 31);
    await owner.query('SELECT pg_advisory_lock($1, $2)', [SAME_DATABASE_LOCK, key]);
    const { rowCount } = await process.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = $1::int::oid AND objid = $2::int::oid
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [SAME_DATABASE_LOCK, key],
    );
    if (rowCount === 0)
      throw new UnusablePostgresError(
        'DATABASE_URL and MIGRATION_DATABASE_URL lead to different databases. They must differ only in the role and its password.',
      );
  } finally {
    await Promise.all([process, owner].map((client) => client.end().catch(() => undefined)));
  }
}
