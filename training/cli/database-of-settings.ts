import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Config, ConfigError } from '../../server/config.js';
import { rethrowExplained } from '../../server/database/check-postgres.js';
import type { Database } from '../../server/database/client.js';
import { startEmbeddedPostgres } from '../../server/database/embedded-postgres.js';

/** Runs `work` with the address of the configured database, or of the embedded Postgres, which is started for `work` unless it runs. */
export async function withDatabaseUrl(config: Config, work: (url: string) => Promise<void>): Promise<void> {
  if (config.databaseUrl !== null) return work(config.databaseUrl);
  const folder = path.join(config.dataDir, 'postgres');
  if (!existsSync(path.join(folder, 'cluster'))) {
    throw new ConfigError(
      `There is no database in ${folder}. Set DATA_DIR to the folder of the server, or DATABASE_URL to its Postgres.`,
    );
  }
  const postgres = await startEmbeddedPostgres(folder).catch((error: unknown) => {
    throw error instanceof Error ? new ConfigError(error.message, { cause: error }) : error;
  });
  try {
    await work(postgres.processUrl);
  } finally {
    await postgres.stop();
  }
}

/** Throws ConfigError if the database has no Cytograph tables, or an explanation if the database cannot be used. */
export async function requireTables({ pool }: Database): Promise<void> {
  await pool.query('SELECT 1 FROM "Image" LIMIT 1').catch(explainQuery);
}

function explainQuery(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === '42P01')
    throw new ConfigError(
      'This database has no Cytograph tables. Start the server with it once, or check DATABASE_URL.',
    );
  if (code === '42501')
    throw new ConfigError(
      "The role of the server has no rights in this database yet. Start this release's server with it once, or run " +
        "'npm run db:migrate'.",
    );
  rethrowExplained(error);
}
