import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig, loadEnvFile } from '../../server/config.js';
import { UnusablePostgresError } from '../../server/database/check-postgres.js';
import { createDatabase } from '../../server/database/client.js';
import { databaseTime } from '../../server/database/clock.js';
import { ArchiveError, archiveEvents } from '../../server/features/audit-trail/archive-events.js';
import { signingKeyFile } from '../../server/features/audit-trail/checkpoints.js';
import { createLog } from '../../server/log.js';
import { ObjectStoreError } from '../../server/storage/object-store.js';
import { openOwnStore, requireEncryptionKeys } from '../../server/storage/open-object-store.js';
import { requireTables, withDatabaseUrl } from './database-of-settings.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run audit:archive [-- --days N]

Moves old audit events from the database to files in the object store (audit/archive/), with the chain intact. The newest event
always stays. The server may run, and does the same every day if AUDIT_RETENTION_DAYS is set. The settings are those of the
server (DATABASE_URL, DATA_DIR, OBJECT_STORE …); the files are signed with audit-signing-key.pem in DATA_DIR.

  --days N   moves events that were sealed more than N days ago. Default: AUDIT_RETENTION_DAYS.

Exit code: 0 where it succeeded, 1 where the chain is damaged, so that nothing was moved, 2 where it failed for another reason.`;

const DAY_MS = 24 * 60 * 60_000;
const DAMAGED = 1;
const FAILED = 2;

async function main(): Promise<void> {
  const { help, days } = readArguments();
  if (help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const retentionDays = days === undefined ? config.auditRetentionDays : daysOf(days);
  if (retentionDays === null)
    throw new UsageError('Give --days N, or set AUDIT_RETENTION_DAYS: how many days of events stay.');
  const keyFile = signingKeyFile(config.dataDir);
  if (!existsSync(keyFile))
    throw new UsageError(
      `There is no key ${keyFile}. The server makes it in its DATA_DIR at the first start.`,
    );
  const signingKey = createPrivateKey(await readFile(keyFile));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new UsageError('Stopped.')));

  await withDatabaseUrl(config, async (url) => {
    const database = createDatabase(url, 2);
    const store = openOwnStore(config);
    try {
      await requireTables(database);
      await requireEncryptionKeys(config);
      const sealedBefore = new Date((await databaseTime(database)).getTime() - retentionDays * DAY_MS);
      const count = await archiveEvents(
        { database, store, signingKey, log: createLog('warn') },
        { sealedBefore, onlyForwarded: config.auditSyslog !== null, signal: stop.signal },
      );
      process.stdout.write(`${count} events were moved to ${store.uri('audit/archive')}.\n`);
    } finally {
      store.close();
      await database.$disconnect();
    }
  });
}

function readArguments() {
  try {
    return parseArgs({ options: { help: { type: 'boolean' }, days: { type: 'string' } } }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function daysOf(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new UsageError(`--days is a whole number of days, not '${text}'.`);
}

try {
  await main();
} catch (error) {
  const isTheirs = [ArchiveError, ConfigError, ObjectStoreError, UnusablePostgresError, UsageError].some(
    (kind) => error instanceof kind,
  );
  const message = error instanceof Error ? (isTheirs ? error.message : error.stack) : String(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = error instanceof ArchiveError ? DAMAGED : FAILED;
}
