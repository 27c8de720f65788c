import { basename } from 'node:path';
import { type Config, ConfigError } from '../../server/config.js';
import { rotateSecrets } from '../../server/features/accounts/second-factor-secret.js';
import { rotateWebhookSecrets } from '../../server/features/webhooks/webhook-secret.js';
import { deleteIfErased } from '../../server/features/erasure/delete-erased-images.js';
import { rotateObjects } from '../../server/storage/encrypted-store.js';
import { imageKey } from '../../server/storage/keys.js';
import { keyRingOf, openObjectStore } from '../../server/storage/open-object-store.js';
import { progressBar } from './progress-bar.js';
import { runProgram, stopSignal, withDatabaseAndStore } from './store-program.js';

const usage = `Usage: npm run objects:rotate

Encrypts all stored objects and the secrets of authenticator apps and webhooks with the first key of ENCRYPTION_KEYS: what is not encrypted yet, and
what is encrypted with one of the other keys. It may be stopped and repeated, and the servers may run, but all of them must have been
started with the same ENCRYPTION_KEYS before. The settings are those of the server (DATABASE_URL, DATA_DIR, OBJECT_STORE …).

Exit code: 0 where everything is encrypted with the first key, so that the other keys are not needed any more; 1 where an object could
not be read; 2 where the rotation itself failed.`;

const NOT_ALL_ENCRYPTED = 1;

async function main(config: Config): Promise<void> {
  const keys = keyRingOf(config);
  if (!keys) throw new ConfigError('ENCRYPTION_KEYS is not set: there is no key to encrypt with.');
  const signal = stopSignal('Stopped. Run it again to continue.');

  await withDatabaseAndStore(config, 2, async ({ database, store }) => {
    const plainStore = openObjectStore(config.objectStore, config.s3);
    try {
      const secrets = (await rotateSecrets(database, keys)) + (await rotateWebhookSecrets(database, keys));
      const total = await database.image.count();
      const bar = progressBar(process.stderr, 'Encrypting objects');
      const { encrypted, alreadyCurrent, failures } = await rotateObjects(plainStore, keys, {
        rewritten: async (key) => {
          const sha256 = basename(key);
          if (key === imageKey(sha256)) await deleteIfErased({ database, store }, sha256, signal);
        },
        onProgress: (soFar) => {
          const done = soFar.encrypted + soFar.alreadyCurrent + soFar.failures.length;
          bar(Math.min(1, done / Math.max(total, done)), `${done} objects`);
        },
        signal,
      });
      for (const failure of failures) process.stdout.write(`UNREADABLE ${failure}\n`);
      process.stdout.write(
        `${encrypted} objects and ${secrets} secrets of authenticator apps encrypted with the key ${keys.currentId}, ` +
          `${alreadyCurrent} objects were encrypted with it before, ${failures.length} not readable.\n`,
      );
      if (failures.length > 0) process.exitCode = NOT_ALL_ENCRYPTED;
    } finally {
      plainStore.close();
    }
  });
}

await runProgram({ usage, options: {} }, main);
