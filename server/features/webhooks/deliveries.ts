import { authorise } from '../../api/authorise.js';
import {
  type Connection,
  connectionOf,
  cursorOfTime,
  fromCursorOfTime,
  newestFirst,
  type PageArguments,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import type { Prisma } from '../../database/generated/client.js';
import { newId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { lockWebhook } from './manage-webhooks.js';

export type DeliveryRow = Prisma.WebhookDeliveryGetPayload<object>;

/** Queues the message TEST to a webhook. The worker sends it. User error: NOT_FOUND. */
export async function testWebhook(context: RequestContext, id: string): Promise<{ delivery: DeliveryRow }> {
  authorise(context, 'manage webhooks');
  const delivery = await context.database.$transaction(async (tx) => {
    const { name } = await lockWebhook(tx, id);
    const created = await tx.webhookDelivery.create({
      data: { id: newId('dlv'), webhookId: id, event: 'TEST', data: {} },
    });
    await recordAuditEvent(tx, context, { action: AuditAction.WEBHOOK_TESTED, entityId: id, detail: name });
    return created;
  });
  return { delivery };
}

/**
 * Sends a message again, with the same id, and with all tries. User errors: NOT_FOUND; CONFLICT while it is WAITING for its first try.
 */
export async function resendDelivery(
  context: RequestContext,
  id: string,
): Promise<{ delivery: DeliveryRow }> {
  authorise(context, 'manage webhooks');
  const delivery = await context.database.$transaction(async (tx) => {
    const { count } = await tx.webhookDelivery.updateMany({
      where: { id, tries: { gt: 0 } },
      data: { status: 'WAITING', tries: 0, error: null, responseStatus: null, responseMs: null },
    });
    await tx.$executeRaw`
      UPDATE "WebhookDelivery" SET "nextTryAt" = transaction_timestamp() WHERE id = ${id}`;
    const row = await tx.webhookDelivery.findUnique({ where: { id } });
    if (!row) throw userError(UserErrorCode.NOT_FOUND, 'There is no such delivery.', ['id']);
    if (count === 0) {
      throw userError(UserErrorCode.CONFLICT, 'The message has not been sent yet. Wait for it.', ['id']);
    }
    await recordAuditEvent(tx, context, {
      action: AuditAction.WEBHOOK_DELIVERY_RESENT,
      entityId: row.webhookId,
      detail: `${row.event} ${id}`,
    });
    return row;
  });
  return { delivery };
}

/** A page of the deliveries of a webhook, newest first. */
export async function listDeliveries(
  { database }: RequestContext,
  webhookId: string,
  pageArguments: PageArguments,
): Promise<Connection<DeliveryRow>> {
  const page = pageOf(pageArguments);
  const [rows, totalCount] = await Promise.all([
    database.webhookDelivery.findMany({
      where: { webhookId, ...fromCursorOfTime('dlv', page) },
      orderBy: newestFirst(page),
      take: page.size + 1,
    }),
    database.webhookDelivery.count({ where: { webhookId } }),
  ]);
  return connectionOf(page, rows, cursorOfTime, totalCount);
}
