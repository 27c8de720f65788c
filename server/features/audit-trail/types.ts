import { Field, Float, ID, InputType, ObjectType } from 'type-graphql';
import { connectionTypes } from '../../api/connection.js';
import { Node } from '../../api/node.js';

@ObjectType({ description: 'The answer that a classification gave.' })
export class AuditedAnswer {
  @Field(() => String)
  outcome!: string;

  @Field(() => String, {
    description: 'The most probable class. The user was shown it only if the outcome is CLASSIFIED.',
  })
  label!: string;

  @Field(() => Float, { description: 'The calibrated probability of `label`, 0.5 to 1.' })
  confidence!: number;
}

@ObjectType({
  implements: Node,
  description:
    'What somebody did, or tried to do. Events are never changed. Old events may move to the archive in the object store.',
})
export class AuditEvent extends Node {
  @Field(() => Date)
  createdAt!: Date;

  @Field(() => String, { description: "What was done, such as 'MODEL_VERSION_PROMOTED'." })
  action!: string;

  @Field(() => ID, { nullable: true, description: 'What it was done to.' })
  entityId!: string | null;

  @Field(() => String, { description: "'success' or 'failure'." })
  outcome!: string;

  @Field(() => String, { nullable: true, description: 'The network address of the client.' })
  ip!: string | null;

  @Field(() => String, { nullable: true })
  detail!: string | null;

  @Field(() => String, { nullable: true, description: 'The request, as in the access log.' })
  requestId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The session or the API token that acted.' })
  credentialId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The pseudonym of the case concerned. It is the same for every event about that case.',
  })
  casePseudonym!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The place of the event in the hash chain, counted from 1; null until it is sealed, within seconds.',
  })
  chainPosition!: string | null;
}

export const { ConnectionType: AuditEventConnection } = connectionTypes('AuditEvent', () => AuditEvent);

@InputType({ description: 'Conditions that an event must all meet.' })
export class AuditEventFilter {
  @Field(() => Date, { nullable: true })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true })
  createdBefore?: Date | null;

  @Field(() => String, { nullable: true, description: "'success' or 'failure'." })
  outcome?: string | null;

  @Field(() => String, { nullable: true, description: 'The network address of the client.' })
  ip?: string | null;

  @Field(() => String, { nullable: true })
  requestId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The session or the API token that acted.' })
  credentialId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A case reference; the events about it are found by its pseudonym.',
  })
  caseReference?: string | null;
}
