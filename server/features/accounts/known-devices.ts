import type { RequestContext } from '../../api/context.js';
import type { Database, Transaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';
import { hashOfSecret, newSecret } from './secrets.js';

/** Devices that are remembered for each user; the one used least recently is forgotten first. */
const MOST_DEVICES = 20;

/**
 * The hash of the secret of a browser in which this user has signed in before; null for any other browser. Such a browser
 * is not slowed down by failed sign-ins of strangers.
 */
export async function knownDevice(
  database: Database,
  userId: string,
  deviceSecret: string | null,
): Promise<string | null> {
  if (deviceSecret === null) return null;
  const tokenHash = hashOfSecret(deviceSecret);
  const device = await database.knownDevice.findUnique({
    where: { userId_tokenHash: { userId, tokenHash } },
  });
  return device && tokenHash;
}

/**
 * Remembers the browser that the user has signed in with. Returns the secret for its cookie; users of one browser share
 * the secret.
 */
export async function rememberDevice(
  tx: Transaction,
  userId: string,
  { deviceSecret }: Pick<RequestContext, 'deviceSecret'>,
): Promise<string> {
  const secret = deviceSecret ?? newSecret();
  const tokenHash = hashOfSecret(secret);
  const lastUsedAt = await databaseTime(tx);
  await tx.knownDevice.upsert({
    where: { userId_tokenHash: { userId, tokenHash } },
    create: { userId, tokenHash },
    update: { lastUsedAt },
  });
  const forgotten = await tx.knownDevice.findMany({
    where: { userId },
    orderBy: [{ lastUsedAt: 'desc' }, { tokenHash: 'asc' }],
    skip: MOST_DEVICES,
    select: { tokenHash: true },
  });
  if (forgotten.length > 0) {
    const hashes = forgotten.map((device) => device.tokenHash);
    await tx.knownDevice.deleteMany({ where: { userId, tokenHash: { in: hashes } } });
  }
  return secret;
}
