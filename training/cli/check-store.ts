import type { Config } from '../../server/config.js';
import {
  checkStoredObjects,
  type StoreReport,
} from '../../server/features/store-check/check-stored-objects.js';
import { progressBar } from './progress-bar.js';
import { runProgram, stopSignal, withDatabaseAndStore } from './store-program.js';

const usage = `Usage: npm run store:check

Reads every image, model file and snapshot manifest that the database lists, and compares its size and SHA-256 with the
database; then lists the objects that the database does not refer to. It changes nothing. The settings are those of the
server (DATABASE_URL, DATA_DIR, OBJECT_STORE …), which may run at the same time.

A line for each fault goes to standard output: MISSING, DAMAGED, UNREADABLE or ORPHAN, the key, and what is wrong.
Exit code: 0 if nothing is missing or damaged, 1 if something is, 2 if the check itself failed.`;

const FAULTS_FOUND = 1;

async function main(config: Config): Promise<void> {
  const signal = stopSignal();

  await withDatabaseAndStore(config, 4, async ({ database, store }) => {
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
        signal,
      },
    );
    process.stdout.write(`${summaryOf(report)}\n`);
    const { MISSING, DAMAGED, UNREADABLE } = report.faults;
    if (MISSING + DAMAGED + UNREADABLE > 0) process.exitCode = FAULTS_FOUND;
  });
}

function summaryOf({ checked, bytes, faults }: StoreReport): string {
  const { MISSING, DAMAGED, UNREADABLE, ORPHAN } = faults;
  return (
    `${checked} objects checked (${(bytes / 1e6).toFixed(1)} MB): ${MISSING} missing, ${DAMAGED} damaged, ` +
    `${UNREADABLE} not readable. ${ORPHAN} ${ORPHAN === 1 ? 'object has' : 'objects have'} no row.`
  );
}

await runProgram({ usage, options: {} }, main);
