import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType({
  description: 'A server process that serves the model. It is listed until one minute after its last report.',
})
export class Replica {
  @Field(() => ID, { description: 'A new id at every start of the process.' })
  id!: string;

  @Field(() => String, { description: 'Host name and process id.' })
  name!: string;

  @Field(() => Date, { nullable: true, description: 'When the process began to use servedVersion.' })
  servedSince!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why the process cannot use the champion.' })
  error!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why the process cannot use the challenger. Predictions do not depend on the challenger.',
  })
  challengerError!: string | null;

  @Field(() => Date, { description: 'When the process last reported.' })
  seenAt!: Date;
}
