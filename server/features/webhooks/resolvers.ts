import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { batched } from '../../api/batched.js';
import { PageArguments } from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { withUserErrors } from '../../api/user-error.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import { type DeliveryRow, listDeliveries, resendDelivery, testWebhook } from './deliveries.js';
import {
  createWebhook,
  deleteWebhook,
  listWebhooks,
  updateWebhook,
  type WebhookRow,
} from './manage-webhooks.js';
import {
  CreateWebhookInput,
  DeleteWebhookPayload,
  UpdateWebhookInput,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryConnection,
  WebhookDeliveryPayload,
  WebhookPayload,
} from './types.js';

@Resolver(() => Webhook)
export class WebhookResolver {
  @Query(() => [Webhook], { description: 'All webhooks, by name, for an ADMIN.' })
  webhooks(@Ctx() context: RequestContext): Promise<Webhook[]> {
    return listWebhooks(context);
  }

  @Mutation(() => WebhookPayload, {
    description:
      'Creates a webhook, for an ADMIN. Messages are signed as described by Standard Webhooks: see docs/webhooks.md.',
  })
  createWebhook(
    @Ctx() context: RequestContext,
    @Arg('input', () => CreateWebhookInput) input: CreateWebhookInput,
  ) {
    return withUserErrors<WebhookPayload>(() => createWebhook(context, input));
  }

  @Mutation(() => WebhookPayload, { description: 'Changes a webhook, for an ADMIN.' })
  updateWebhook(
    @Ctx() context: RequestContext,
    @Arg('input', () => UpdateWebhookInput) input: UpdateWebhookInput,
  ) {
    return withUserErrors<WebhookPayload>(() => updateWebhook(context, input));
  }

  @Mutation(() => DeleteWebhookPayload, {
    description: 'Deletes a webhook with its deliveries, for an ADMIN.',
  })
  deleteWebhook(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<DeleteWebhookPayload>(() => deleteWebhook(context, id));
  }

  @Mutation(() => WebhookDeliveryPayload, {
    description: 'Sends the message TEST to a webhook, also if it is not enabled, for an ADMIN.',
  })
  testWebhook(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<WebhookDeliveryPayload>(() => testWebhook(context, id));
  }

  @Mutation(() => WebhookDeliveryPayload, {
    description: 'Sends a message again, with the same id, for an ADMIN.',
  })
  resendWebhookDelivery(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<WebhookDeliveryPayload>(() => resendDelivery(context, id));
  }

  @FieldResolver(() => WebhookDeliveryConnection, {
    description: 'Newest first. Deliveries that have ended are kept for 30 days.',
  })
  deliveries(
    @Root() { id }: WebhookRow,
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
  ) {
    return listDeliveries(context, id, page);
  }

  @FieldResolver(() => User, { nullable: true })
  createdBy(@Root() { createdById }: WebhookRow, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(createdById);
  }
}

@Resolver(() => WebhookDelivery)
export class WebhookDeliveryResolver {
  @FieldResolver()
  nextTryAt(@Root() { status, nextTryAt }: DeliveryRow): Date | null {
    return status === 'WAITING' ? nextTryAt : null;
  }
}
