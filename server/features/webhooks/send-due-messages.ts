import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../../config.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import type { WebhookEvent } from '../../database/generated/enums.js';
import { type Answer, type Message, sendMessage } from './send-message.js';
import { signingKey } from './webhook-secret.js';

export interface SenderServices {
  config: Pick<Config, 'webhookHosts' | 'webhookPrivateAddresses' | 'encryptionKeys'>;
  database: Database;
  log: Logger;
}

/** Webhooks to which a process sends at the same time, one message to each. */
const AT_ONCE = 20;
/** Milliseconds between two looks for messages that are due while others are being sent. */
const LOOK_INTERVAL_MS = 1_000;
/** Seconds after which a message is sent again if the process that was sending it has died. Longer than a request takes. */
const LEASE_S = 60;
/** Seconds until the next try, after each failed one. Then the delivery is FAILED: after about a day and a half. */
export const PAUSES_S = [10, 60, 5 * 60, 30 * 60, 2 * 3600, 6 * 3600, 12 * 3600, 12 * 3600];
/** What administrators see if a message cannot be signed. The log has the reason. */
const UNREADABLE_SECRET =
  'The secret of the webhook cannot be read, so the message was not sent. Renew the secret, or check ENCRYPTION_KEYS of the worker.';

interface DueDelivery {
  id: string;
  webhookId: string;
  url: string;
  secret: string;
  event: WebhookEvent;
  data: Prisma.JsonValue;
  createdAt: Date;
  tries: number;
  /** When this try began, by the database's clock. */
  lastTriedAt: Date;
}

/**
 * Sends the messages that are due, and records the result of each. A slow receiver holds up only its own messages. Each message arrives at
 * least once: if the process dies between the request and the record, the message is sent again, with the same id. Any number of processes
 * may do this at the same time. Returns the number of tries when no message is due and none is being sent.
 */
export async function sendDueMessages(services: SenderServices, signal: AbortSignal): Promise<number> {
  /** By webhook. */
  const sending = new Map<string, Promise<void>>();
  let count = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      const due = await takeDue(services.database, [...sending.keys()]);
      for (const delivery of due) {
        const { webhookId } = delivery;
        const sent = send(services, delivery, signal).then(() => void sending.delete(webhookId));
        sent.catch(() => undefined); // a failure while this process takes other messages is thrown below
        sending.set(webhookId, sent);
      }
      count += due.length;
      if (sending.size === 0) return count;
      await Promise.race([...sending.values(), sleep(LOOK_INTERVAL_MS, undefined, { ref: false })]);
    }
  } finally {
    await Promise.allSettled(sending.values());
  }
}

/** Takes the next message of each webhook to which none is being sent. Until the lease ends, no other process takes them. */
function takeDue(database: Database, busyWebhooks: readonly string[]): Promise<DueDelivery[]> {
  const free = AT_ONCE - busyWebhooks.length;
  if (free <= 0) return Promise.resolve([]);
  // In random order, so that webhooks with many messages leave places for the others.
  return database.$queryRaw<DueDelivery[]>`
    WITH next AS MATERIALIZED (
      SELECT oldest.id FROM "Webhook" AS target CROSS JOIN LATERAL (
        SELECT waiting.id FROM "WebhookDelivery" AS waiting
        WHERE waiting."webhookId" = target.id AND waiting.status = 'WAITING'
          AND waiting."nextTryAt" <= transaction_timestamp() AND (target.enabled OR waiting.event = 'TEST')
        ORDER BY waiting."nextTryAt" LIMIT 1 FOR UPDATE SKIP LOCKED) AS oldest
      WHERE target.id <> ALL(${busyWebhooks})
      ORDER BY random() LIMIT ${free})
    UPDATE "WebhookDelivery" AS delivery
    SET tries = tries + 1, "lastTriedAt" = transaction_timestamp(),
      "nextTryAt" = transaction_timestamp() + make_interval(secs => ${LEASE_S})
    FROM next, "Webhook" AS webhook
    WHERE delivery.id = next.id AND webhook.id = delivery."webhookId"
    RETURNING delivery.id, delivery."webhookId", webhook.url, webhook.secret, delivery.event, delivery.data,
      delivery."createdAt", delivery.tries, delivery."lastTriedAt"`;
}

/** The message about an event. It is the same in every try. */
export function messageOf({ id, event, data, createdAt }: Omit<DueDelivery, 'lastTriedAt'>): Message {
  const content = { id, event, createdAt: createdAt.toISOString(), data };
  return { id, body: JSON.stringify(content) };
}

async function send(services: SenderServices, delivery: DueDelivery, signal: AbortSignal): Promise<void> {
  const { database, log } = services;
  const { id, webhookId, tries, lastTriedAt } = delivery;
  const answer = await tryToSend(services, delivery, signal);
  const pause = answer.error === null ? null : PAUSES_S[tries - 1];
  if (answer.error !== null)
    log.warn({ webhookId, delivery: id, tries, error: answer.error }, 'A webhook was not delivered');
  const status = answer.error === null ? 'DELIVERED' : pause === undefined ? 'FAILED' : 'WAITING';
  // Not if another try has begun, by another process or because the message was resent: that one records its own result.
  await database.$executeRaw`
    UPDATE "WebhookDelivery" SET status = ${status}::"WebhookDeliveryStatus", "responseStatus" = ${answer.status},
      "responseMs" = ${answer.durationMs}, error = ${answer.error},
      "nextTryAt" = transaction_timestamp() + make_interval(secs => ${pause ?? 0})
    WHERE id = ${id} AND status = 'WAITING' AND tries = ${tries} AND "lastTriedAt" = ${lastTriedAt}`;
}

/** Sends a message once. Rejects only with the reason of `signal`, so that one webhook cannot stop the others. */
async function tryToSend(
  { config, log }: SenderServices,
  delivery: DueDelivery,
  signal: AbortSignal,
): Promise<Answer> {
  const { id, webhookId, url, secret, lastTriedAt } = delivery;
  let key: Buffer;
  try {
    key = signingKey(config, { id: webhookId, secret });
  } catch (error) {
    log.error({ err: error, webhookId, delivery: id }, 'The secret of a webhook cannot be read');
    return { status: null, error: UNREADABLE_SECRET, durationMs: 0 };
  }
  const time = Math.floor(lastTriedAt.getTime() / 1000);
  return sendMessage(url, messageOf(delivery), { key, time, rules: config, signal });
}
