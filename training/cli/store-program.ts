import { parseArgs, type ParseArgsConfig } from 'node:util';
import { type Config, ConfigError, loadConfig, loadEnvFile } from '../../server/config.js';
import { UnusablePostgresError } from '../../server/database/check-postgres.js';
import { createDatabase, type Database } from '../../server/database/client.js';
import { type ObjectStore, ObjectStoreError } from '../../server/storage/object-store.js';
import { openOwnStore, requireEncryptionKeys } from '../../server/storage/open-object-store.js';
import { requireTables, withDatabaseUrl } from './database-of-settings.js';
import { UsageError } from './usage-error.js';

// The frame of the programs that work on the database and the object store of a server, with the server's settings.

/** Exit code of a program that failed; 0 and 1 are results. */
const FAILED = 2;

type Options = NonNullable<ParseArgsConfig['options']>;
const HELP = { help: { type: 'boolean' } } as const;

/**
 * Runs a program with its command line and the server's settings, and sets the exit code if it fails. `--help` prints `usage`.
 * Errors that a user can correct are printed as their message, all others with their stack.
 * @param exitCodeOf the exit code for an error that explains itself besides those of the settings; undefined for any other error
 */
export async function runProgram<O extends Options>(
  {
    usage,
    options,
    exitCodeOf = () => undefined,
  }: {
    usage: string;
    options: O;
    exitCodeOf?: (error: unknown) => number | undefined;
  },
  main: (
    config: Config,
    values: ReturnType<typeof parseArgs<{ options: O & typeof HELP }>>['values'],
  ) => Promise<void>,
): Promise<void> {
  try {
    const { values } = readArguments({ ...options, ...HELP }, usage);
    if ('help' in values && values.help) {
      process.stdout.write(`${usage}\n`);
      return;
    }
    loadEnvFile(process.cwd());
    await main(loadConfig(process.env), values);
  } catch (error) {
    const code = exitCodeOf(error);
    const kinds = [ConfigError, ObjectStoreError, UnusablePostgresError, UsageError];
    const isTheirs = code !== undefined || kinds.some((kind) => error instanceof kind);
    const message = error instanceof Error ? (isTheirs ? error.message : error.stack) : String(error);
    process.stderr.write(`${message}\n`);
    process.exitCode = code ?? FAILED;
  }
}

function readArguments<O extends Options>(options: O, usage: string) {
  try {
    return parseArgs({ options });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

/** Aborts, with a message, when the program is asked to stop. */
export function stopSignal(message = 'Stopped.'): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new UsageError(message)));
  return stop.signal;
}

/** Runs `work` with the database, with at most this number of connections, and the object store, and closes both. */
export function withDatabaseAndStore(
  config: Config,
  connections: number,
  work: (services: { database: Database; store: ObjectStore }) => Promise<void>,
): Promise<void> {
  return withDatabaseUrl(config, async (url) => {
    const database = createDatabase(url, connections);
    const store = openOwnStore(config);
    try {
      await requireTables(database);
      await requireEncryptionKeys(config);
      await work({ database, store });
    } finally {
      store.close();
      await database.$disconnect();
    }
  });
}
