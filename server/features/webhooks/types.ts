import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionTypes } from '../../api/connection.js';
import { UserError } from '../../api/user-error.js';
import { WebhookDeliveryStatus, WebhookEvent } from '../../database/generated/enums.js';

registerEnumType(WebhookEvent, {
  name: 'WebhookEvent',
  description: 'What a webhook reports. Later releases may add others.',
  valuesConfig: {
    DRIFT: {
      description:
        "The images of the last 7 days differ from the champion's training images: a population stability index above 0.2.",
    },
    FIT_SUGGESTED: { description: 'Monitoring suggests to fit the champion to this laboratory.' },
    RUN_FAILED: { description: 'A training run, a fit or an evaluation failed.' },
    PROMOTION: { description: 'An alias of a model changed: a promotion, a rollback or a retirement.' },
    TEST: { description: 'Sent by testWebhook only. It cannot be chosen.' },
  },
});

registerEnumType(WebhookDeliveryStatus, {
  name: 'WebhookDeliveryStatus',
  valuesConfig: {
    WAITING: { description: 'Not sent yet, or the last try failed and another one follows.' },
    DELIVERED: { description: 'The receiver answered with a status from 200 to 299.' },
    FAILED: { description: 'Every try failed. resendWebhookDelivery starts again.' },
  },
});

@ObjectType({ description: 'A message to a webhook.' })
export class WebhookDelivery {
  @Field(() => ID, { description: 'Also in the message and its header webhook-id. The same in every try.' })
  id!: string;

  @Field(() => WebhookEvent)
  event!: WebhookEvent;

  @Field(() => WebhookDeliveryStatus)
  status!: WebhookDeliveryStatus;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Int)
  tries!: number;

  @Field(() => Date, { nullable: true })
  lastTriedAt?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Null unless the delivery is WAITING.' })
  nextTryAt?: Date | null;

  @Field(() => Int, {
    nullable: true,
    description: 'HTTP status of the last try. Null if there was no response.',
  })
  responseStatus?: number | null;

  @Field(() => Float, { nullable: true, description: 'Duration of the last try, in milliseconds.' })
  responseMs?: number | null;

  @Field(() => String, { nullable: true, description: 'Why the last try failed.' })
  error?: string | null;
}

export const { ConnectionType: WebhookDeliveryConnection } = connectionTypes(
  'WebhookDelivery',
  () => WebhookDelivery,
);

@ObjectType({ description: 'An address that gets signed messages about events.' })
export class Webhook {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String)
  url!: string;

  @Field(() => [WebhookEvent])
  events!: WebhookEvent[];

  @Field(() => Boolean, { description: 'A webhook that is not enabled gets no messages, except tests.' })
  enabled!: boolean;

  @Field(() => Date)
  createdAt!: Date;
}

const urlDescription =
  'An https address on one of the hosts of the setting WEBHOOK_HOSTS. Redirects are not followed.';
const nameDescription = '1 to 100 characters.';

@InputType()
export class CreateWebhookInput {
  @Field(() => String, { description: nameDescription })
  name!: string;

  @Field(() => String, { description: urlDescription })
  url!: string;

  @Field(() => [WebhookEvent], { description: 'At least one, without TEST.' })
  events!: WebhookEvent[];
}

@InputType({ description: 'What is left out or null stays as it is.' })
export class UpdateWebhookInput {
  @Field(() => ID)
  webhookId!: string;

  @Field(() => String, { nullable: true, description: nameDescription })
  name?: string | null;

  @Field(() => String, { nullable: true, description: urlDescription })
  url?: string | null;

  @Field(() => [WebhookEvent], { nullable: true, description: 'At least one, without TEST.' })
  events?: WebhookEvent[] | null;

  @Field(() => Boolean, { nullable: true })
  enabled?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether to replace the secret. Later messages are signed with the new one. Default: false.',
  })
  renewSecret?: boolean | null;
}

@ObjectType()
export class WebhookPayload {
  @Field(() => Webhook, { nullable: true })
  webhook?: Webhook | null;

  @Field(() => String, {
    nullable: true,
    description: 'The secret that messages are signed with, if it is new. It is shown only here.',
  })
  secret?: string | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType()
export class DeleteWebhookPayload {
  @Field(() => ID, { nullable: true })
  deletedId?: string | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType()
export class WebhookDeliveryPayload {
  @Field(() => WebhookDelivery, { nullable: true })
  delivery?: WebhookDelivery | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
