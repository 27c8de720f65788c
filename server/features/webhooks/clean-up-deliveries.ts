import { databaseTime } from '../../database/clock.js';
import type { Database } from '../../database/client.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Deliveries that have ended are deleted after this time. */
const KEPT_MS = 30 * DAY_MS;
/** How long a message waits until its webhook is switched on again. */
const WAITS_MS = DAY_MS;

/** Ends deliveries that have waited too long for a webhook that is switched off, and deletes old ones. */
export async function cleanUpDeliveries(database: Database): Promise<void> {
  const now = (await databaseTime(database)).getTime();
  await database.webhookDelivery.updateMany({
    where: {
      ...{ status: 'WAITING', event: { not: 'TEST' }, webhook: { enabled: false } },
      nextTryAt: { lt: new Date(now - WAITS_MS) },
    },
    data: {
      status: 'FAILED',
      error: 'The webhook was switched off for more than a day, so the message was not sent.',
    },
  });
  await database.webhookDelivery.deleteMany({
    where: { status: { not: 'WAITING' }, createdAt: { lt: new Date(now - KEPT_MS) } },
  });
}
