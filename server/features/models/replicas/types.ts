import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType({
  description:
    'A process that answers for the model. It is no longer listed a minute after it was last heard of.',
})
export class Replica {
  @Field(() => ID, { description: 'New at every start.' })
  id!: string;

  @Field(() => String, { description: 'Host and process id.' })
  name!: string;

  @Field(() => Date, { nullable: true, description: 'Since when its servedVersion has answered there.' })
  servedSince!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why the champion does not answer there.' })
  error!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why the challenger does not shadow there: no answer depends on it.',
  })
  challengerError!: string | null;

  @Field(() => Date, { description: 'When it was last heard of.' })
  seenAt!: Date;
}
