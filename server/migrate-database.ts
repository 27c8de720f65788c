import { ConfigError, loadConfig, loadEnvFile } from './config.js';
import { configuredDatabase, prepareDatabase } from './jobs/prepare-database.js';
import { createLog } from './log.js';
import { explanationOf } from './start-error.js';

// `npm run db:migrate` applies new migrations as the role of MIGRATION_DATABASE_URL and gives the role of DATABASE_URL its rights. With
// this as a separate step, the server needs no address of the owner of the tables.

try {
  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel);
  const roles = await configuredDatabase(config, log);
  if (roles === null)
    throw new ConfigError(
      'DATABASE_URL is not set: the server migrates its embedded Postgres when it starts.',
    );
  const applied = await prepareDatabase(roles, log);
  process.stdout.write(applied.length === 0 ? 'No migration is new.\n' : `Applied: ${applied.join(', ')}.\n`);
} catch (error) {
  process.stderr.write(`${explanationOf(error)}\n`);
  process.exitCode = 1;
}
