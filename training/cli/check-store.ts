import { parseArgs } from 'node:util';
import { ConfigError, loadConfig, loadEnvFile } from '../../server/config.js';
import { UnusablePostgresError } from '../../server/database/check-postgres.js';
import { createDatabase } from '../../server/database/client.js';
import {
  checkStoredObjects,
  type StoreReport,
} from '../../server/features/store-check/check-stored-objects.js';
import { ObjectStoreError } from '../../server/storage/object-store.js';
import { openOwnStore, requireEncryptionKeys } from '../../server/storage/open-object-store.js';
import { requireTables, withDatabaseUrl } from './database-of-settings.js';
import { progressBar } from './progress-bar.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run store:check

Reads every image, model file and snapshot manifest that the database lists, and compares its size and SHA-256 with the
database; then lists the objects that the database does not refer to. It changes nothing. The settings are those of the
server (DATABASE_URL, DATA_DIR, OBJECT_STORE …), which may run at the same time.

A line for each fault goes to standard output: MISSING, DAMAGED, UNREADABLE or ORPHAN, the key, and what is wrong.
Exit code: 0 if nothing is missing or damaged, 1 if something is, 2 if the check itself failed.`;

const FAULTS_FOUND = 1;
const NOT_CHECKED = 2;

async function main(): Promise<void> {
  const { values } = readArguments();
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new UsageError('Stopped.')));

  await withDatabaseUrl(config, async (url) => {
    const database = createDatabase(url, 4);
    const store = openOwnStore(config);
    try {
      await requireTables(database);
      await requireEncryptionKeys(config);
      process.stderr.write(`Checking the objects in ${store.root}\n`);
      const bars = {
        named: progressBar(process.stderr, 'Reading objects'),
        listed: progressBar(process.stderr, 'Listing the store'),
      };
      const report = await checkStoredObjects(
        { database, store },
        {
          onFault: ({ kind, key, detail }) => process.stdout.write(`${kind} ${key}: ${detail}\n`),
          onProgress: (part, done, total) => bars[part](done / total, `${done} of ${total}`),
          signal: stop.signal,
        },
      );
      process.stdout.write(`${summaryOf(report)}\n`);
      const { MISSING, DAMAGED, UNREADABLE } = report.faults;
      if (MISSING + DAMAGED + UNREADABLE > 0) process.exitCode = FAULTS_FOUND;
    } finally {
      store.close();
      await database.$disconnect();
    }
  });
}

function readArguments() {
  try {
    return parseArgs({ options: { help: { type: 'boolean' } } });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function summaryOf({ checked, bytes, faults }: StoreReport): string {
  const { MISSING, DAMAGED, UNREADABLE, ORPHAN } = faults;
  return (
    `${checked} objects checked (${(bytes / 1e6).toFixed(1)} MB): ${MISSING} missing, ${DAMAGED} damaged, ` +
    `${UNREADABLE} not readable. ${ORPHAN} ${ORPHAN === 1 ? 'object has' : 'objects have'} no row.`
  );
}

try {
  await main();
} catch (error) {
  const isTheirs = [ConfigError, ObjectStoreError, UnusablePostgresError, UsageError].some(
    (kind) => error instanceof kind,
  );
  const message = error instanceof Error ? (isTheirs ? error.message : error.stack) : String(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = NOT_CHECKED;
}
