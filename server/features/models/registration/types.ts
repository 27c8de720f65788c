import { Field, InputType, ObjectType } from 'type-graphql';
import { UserError } from '../../../api/user-error.js';
import { ModelVersion } from '../types.js';

@InputType()
export class RegisterModelVersionInput {
  @Field(() => String, { description: "The version's model. It is created if it does not exist." })
  modelName!: string;

  @Field(() => String, { nullable: true, description: 'At most 1000 characters.' })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Markdown: data, metrics and limits. By default the card is written from the manifest.',
  })
  modelCard?: string | null;
}

@ObjectType()
export class RegisterModelVersionPayload {
  @Field(() => ModelVersion, { nullable: true })
  modelVersion?: ModelVersion | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
