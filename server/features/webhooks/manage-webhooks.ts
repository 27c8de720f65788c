import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import { newId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import type { CreateWebhookInput, UpdateWebhookInput } from './types.js';
import { validEvents, validName, validUrl } from './webhook-input.js';
import { newWebhookSecret, storedWebhookSecret } from './webhook-secret.js';

export type WebhookRow = Prisma.WebhookGetPayload<object>;

/** All webhooks, by name. */
export async function listWebhooks(context: RequestContext): Promise<WebhookRow[]> {
  authorise(context, 'manage webhooks');
  return context.database.webhook.findMany({ orderBy: [{ name: 'asc' }, { id: 'asc' }] });
}

/**
 * Creates a webhook. The secret is in the answer and shown nowhere else.
 * User errors: INVALID for a name, an address or events that are not allowed.
 */
export async function createWebhook(
  context: RequestContext,
  input: CreateWebhookInput,
): Promise<{ webhook: WebhookRow; secret: string }> {
  const viewer = authorise(context, 'manage webhooks');
  const content = {
    name: validName(input.name),
    url: validUrl(input.url, context.config),
    events: validEvents(input.events),
  };
  const id = newId('hook');
  const secret = newWebhookSecret();
  const webhook = await context.database.$transaction(async (tx) => {
    const stored = storedWebhookSecret(context.config, id, secret);
    const created = await tx.webhook.create({
      data: { id, ...content, secret: stored, createdById: viewer.id },
    });
    await record(tx, context, AuditAction.WEBHOOK_CREATED, created);
    return created;
  });
  return { webhook, secret };
}

/** Changes a webhook. User errors: NOT_FOUND, and those of {@link createWebhook}. */
export async function updateWebhook(
  context: RequestContext,
  input: UpdateWebhookInput,
): Promise<{ webhook: WebhookRow; secret: string | null }> {
  authorise(context, 'manage webhooks');
  const { webhookId: id, name, url, events, enabled } = input;
  const data = {
    ...(name == null ? {} : { name: validName(name) }),
    ...(url == null ? {} : { url: validUrl(url, context.config) }),
    ...(events == null ? {} : { events: validEvents(events) }),
    ...(enabled == null ? {} : { enabled }),
  };
  const secret = input.renewSecret ? newWebhookSecret() : null;
  const webhook = await context.database.$transaction(async (tx) => {
    await lockWebhook(tx, id);
    const stored = secret === null ? undefined : storedWebhookSecret(context.config, id, secret);
    const changed = await tx.webhook.update({ where: { id }, data: { ...data, secret: stored } });
    await record(tx, context, AuditAction.WEBHOOK_UPDATED, changed, secret === null ? '' : ', new secret');
    return changed;
  });
  return { webhook, secret };
}

/** Deletes a webhook with its deliveries. User error: NOT_FOUND. */
export async function deleteWebhook(context: RequestContext, id: string): Promise<{ deletedId: string }> {
  authorise(context, 'manage webhooks');
  await context.database.$transaction(async (tx) => {
    const webhook = await lockWebhook(tx, id);
    await tx.webhook.delete({ where: { id } });
    await record(tx, context, AuditAction.WEBHOOK_DELETED, webhook);
  });
  return { deletedId: id };
}

/** The webhook, locked until the end of the transaction. Throws the user error NOT_FOUND. */
export async function lockWebhook(tx: Transaction, id: string): Promise<WebhookRow> {
  await tx.$queryRaw`SELECT FROM "Webhook" WHERE id = ${id} FOR UPDATE`;
  const webhook = await tx.webhook.findUnique({ where: { id } });
  if (webhook) return webhook;
  throw userError(UserErrorCode.NOT_FOUND, 'There is no such webhook.', ['id']);
}

async function record(
  tx: Transaction,
  context: RequestContext,
  action: AuditAction,
  { id, name, url, events, enabled }: WebhookRow,
  more = '',
): Promise<void> {
  // The path of an address can be a secret of the receiver.
  const detail = `${name}, host ${new URL(url).host}, ${events.join(', ')}, ${enabled ? 'on' : 'off'}${more}`;
  await recordAuditEvent(tx, context, { action, entityId: id, detail });
}
