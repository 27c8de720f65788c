import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Config } from '../../server/config.js';
import { databaseTime } from '../../server/database/clock.js';
import { ArchiveError, archiveEvents } from '../../server/features/audit-trail/archive-events.js';
import { signingKeyFile } from '../../server/features/audit-trail/checkpoints.js';
import { createLog } from '../../server/log.js';
import { runProgram, stopSignal, withDatabaseAndStore } from './store-program.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run audit:archive [-- --days N]

Moves old audit events from the database to files in the object store (audit/archive/), with the chain intact. The newest event
always stays. The server may run, and does the same every day if AUDIT_RETENTION_DAYS is set. The settings are those of the
server (DATABASE_URL, DATA_DIR, OBJECT_STORE …); the files are signed with audit-signing-key.pem in DATA_DIR.

  --days N   moves events that were sealed more than N days ago. Default: AUDIT_RETENTION_DAYS.

Exit code: 0 where it succeeded, 1 where the chain is damaged, so that nothing was moved, 2 where it failed for another reason.`;

const DAY_MS = 24 * 60 * 60_000;
const DAMAGED = 1;

async function main(config: Config, { days }: { days?: string }): Promise<void> {
  const retentionDays = days === undefined ? config.auditRetentionDays : daysOf(days);
  if (retentionDays === null)
    throw new UsageError('Give --days N, or set AUDIT_RETENTION_DAYS: how many days of events stay.');
  const keyFile = signingKeyFile(config.dataDir);
  if (!existsSync(keyFile))
    throw new UsageError(
      `There is no key ${keyFile}. The server makes it in its DATA_DIR at the first start.`,
    );
  const signingKey = createPrivateKey(await readFile(keyFile));
  const signal = stopSignal();

  await withDatabaseAndStore(config, 2, async ({ database, store }) => {
    const sealedBefore = new Date((await databaseTime(database)).getTime() - retentionDays * DAY_MS);
    const count = await archiveEvents(
      { database, store, signingKey, log: createLog('warn') },
      { sealedBefore, onlyForwarded: config.auditSyslog !== null, signal },
    );
    process.stdout.write(`${count} events were moved to ${store.uri('audit/archive')}.\n`);
  });
}

function daysOf(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new UsageError(`--days is a whole number of days, not '${text}'.`);
}

const exitCodeOf = (error: unknown) => (error instanceof ArchiveError ? DAMAGED : undefined);

await runProgram({ usage, options: { days: { type: 'string' } }, exitCodeOf }, main);
