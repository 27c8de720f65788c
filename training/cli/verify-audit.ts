import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Config } from '../../server/config.js';
import { signingKeyFile } from '../../server/features/audit-trail/checkpoints.js';
import { type ChainReport, verifyChain } from '../../server/features/audit-trail/verify-chain.js';
import { progressBar } from './progress-bar.js';
import { runProgram, stopSignal, withDatabaseAndStore } from './store-program.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run audit:verify [-- --key FILE …]

Recomputes the hash of every sealed audit event, archived ones included, and compares the chain with the signed checkpoints in the object store. It
changes nothing, and the server may run. The settings are those of the server (DATABASE_URL, DATA_DIR, OBJECT_STORE …).

  --key FILE   a key in PEM (public or private) that signed checkpoints. It may be given several times.
               Default: audit-signing-key.pem in DATA_DIR. Checkpoints signed with other keys are faults.

A line for each fault goes to standard output: REMOVED, CHANGED, INSERTED, UNSEALED, CHECKPOINT or
ARCHIVE, where, and what is wrong.
Exit code: 0 where the chain is intact, 1 where it is not, 2 where the check itself failed.`;

const FAULTS_FOUND = 1;

async function main(config: Config, { key: keyFiles }: { key?: string[] }): Promise<void> {
  const publicKeys = await readPublicKeys(keyFiles ?? [signingKeyFile(config.dataDir)]);
  const signal = stopSignal();

  await withDatabaseAndStore(config, 2, async ({ database, store }) => {
    const bar = progressBar(process.stderr, 'Verifying events');
    const report = await verifyChain(
      { database, store },
      {
        publicKeys,
        onFault: ({ kind, where, detail }) => process.stdout.write(`${kind} ${where} ${detail}\n`),
        onProgress: (position, end) => bar(Number(position) / Number(end), `${position} of ${end}`),
        signal,
      },
    );
    process.stdout.write(`${summaryOf(report)}\n`);
    if (report.faults > 0) process.exitCode = FAULTS_FOUND;
  });
}

async function readPublicKeys(files: readonly string[]): Promise<KeyObject[]> {
  return Promise.all(
    files.map(async (file) => {
      if (!existsSync(file))
        throw new UsageError(
          `There is no key ${file}. The server makes it in its DATA_DIR at the first start; give another one with --key FILE.`,
        );
      try {
        return createPublicKey(await readFile(file));
      } catch {
        throw new UsageError(`${file} is not a public or private key in PEM.`);
      }
    }),
  );
}

function summaryOf({ events, checkpoints, afterLastCheckpoint, end, faults }: ChainReport): string {
  return (
    `${events} events and ${checkpoints} checkpoints verified: ${faults === 0 ? 'the chain is intact' : `${faults} faults`}. ` +
    `${afterLastCheckpoint} events are newer than the last checkpoint. ` +
    `The chain ends at position ${end.position} with hash ${end.hash}.`
  );
}

await runProgram({ usage, options: { key: { type: 'string', multiple: true } } }, main);
