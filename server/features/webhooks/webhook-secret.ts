import { randomBytes } from 'node:crypto';
import type { Config } from '../../config.js';
import type { Database } from '../../database/client.js';
import type { KeyRing } from '../../storage/encryption.js';
import { keyRingOf } from '../../storage/open-object-store.js';
import { readSecret, rotatedSecret, storedSecret } from '../../storage/stored-secret.js';

const PREFIX = 'whsec_';

const placeOf = (webhookId: string) => `secret of ${webhookId}`;

/** A new secret: 'whsec_' and 32 random bytes in base64, as Standard Webhooks writes it. */
export function newWebhookSecret(): string {
  return PREFIX + randomBytes(32).toString('base64');
}

/** What is stored for a secret. */
export function storedWebhookSecret(
  config: Pick<Config, 'encryptionKeys'>,
  webhookId: string,
  secret: string,
): string {
  return storedSecret(keyRingOf(config), placeOf(webhookId), secret);
}

/** The key of a stored secret, for HMAC. @throws Error if the encryption key is missing, or DecryptionError */
export function signingKey(
  config: Pick<Config, 'encryptionKeys'>,
  webhook: { id: string; secret: string },
): Buffer {
  const secret = readSecret(keyRingOf(config), placeOf(webhook.id), webhook.secret);
  return Buffer.from(secret.slice(PREFIX.length), 'base64');
}

/** Encrypts all secrets with the current key. May be interrupted and repeated. Returns how many were encrypted. */
export async function rotateWebhookSecrets(database: Database, keys: KeyRing): Promise<number> {
  let count = 0;
  for (const { id, secret } of await database.webhook.findMany({ select: { id: true, secret: true } })) {
    const renewed = rotatedSecret(keys, placeOf(id), secret);
    if (renewed === null) continue;
    const changed = await database.webhook.updateMany({ where: { id, secret }, data: { secret: renewed } });
    count += changed.count;
  }
  return count;
}
