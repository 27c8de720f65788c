import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig, loadEnvFile } from '../../server/config.js';
import { UnusablePostgresError } from '../../server/database/check-postgres.js';
import { createDatabase } from '../../server/database/client.js';
import { rotateSecrets } from '../../server/features/accounts/second-factor-secret.js';
import { deleteIfErased } from '../../server/features/erasure/delete-erased-images.js';
import { rotateObjects } from '../../server/storage/encrypted-store.js';
import { imageKey } from '../../server/storage/keys.js';
import { ObjectStoreError } from '../../server/storage/object-store.js';
import {
  keyRingOf,
  openObjectStore,
  openOwnStore,
  requireEncryptionKeys,
} from '../../server/storage/open-object-store.js';
import { requireTables, withDatabaseUrl } from './database-of-settings.js';
import { progressBar } from './progress-bar.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run objects:rotate

Encrypts all stored objects and the secrets of authenticator apps with the first key of ENCRYPTION_KEYS: what is not encrypted yet, and
what is encrypted with one of the other keys. It may be stopped and repeated, and the servers may run, but all of them must have been
started with the same ENCRYPTION_KEYS before. The settings are those of the server (DATABASE_URL, DATA_DIR, OBJECT_STORE …).

Exit code: 0 where everything is encrypted with the first key, so that the other keys are not needed any more; 1 where an object could
not be read; 2 where the rotation itself failed.`;

const NOT_ALL_ENCRYPTED = 1;
const FAILED = 2;

async function main(): Promise<void> {
  const { values } = readArguments();
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const keys = keyRingOf(config);
  if (!keys) throw new ConfigError('ENCRYPTION_KEYS is not set: there is no key to encrypt with.');
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new UsageError('Stopped. Run it again to continue.')));

  await withDatabaseUrl(config, async (url) => {
    const database = createDatabase(url, 2);
    const plainStore = openObjectStore(config.objectStore, config.s3);
    const store = openOwnStore(config);
    try {
      await requireTables(database);
      await requireEncryptionKeys(config);
      const secrets = await rotateSecrets(database, keys);
      const total = await database.image.count();
      const bar = progressBar(process.stderr, 'Encrypting objects');
      const { encrypted, alreadyCurrent, failures } = await rotateObjects(plainStore, keys, {
        rewritten: async (key) => {
          const sha256 = basename(key);
          if (key === imageKey(sha256)) await deleteIfErased({ database, store }, sha256, stop.signal);
        },
        onProgress: (soFar) => {
          const done = soFar.encrypted + soFar.alreadyCurrent + soFar.failures.length;
          bar(Math.min(1, done / Math.max(total, done)), `${done} objects`);
        },
        signal: stop.signal,
      });
      for (const failure of failures) process.stdout.write(`UNREADABLE ${failure}\n`);
      process.stdout.write(
        `${encrypted} objects and ${secrets} secrets of authenticator apps encrypted with the key ${keys.currentId}, ` +
          `${alreadyCurrent} objects were encrypted with it before, ${failures.length} not readable.\n`,
      );
      if (failures.length > 0) process.exitCode = NOT_ALL_ENCRYPTED;
    } finally {
      plainStore.close();
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

try {
  await main();
} catch (error) {
  const isExplained = [ConfigError, ObjectStoreError, UnusablePostgresError, UsageError].some(
    (kind) => error instanceof kind,
  );
  const message = error instanceof Error ? (isExplained ? error.message : error.stack) : String(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = FAILED;
}
