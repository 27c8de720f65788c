import { Field, InputType, ObjectType } from 'type-graphql';
import { UserError } from '../../../api/user-error.js';
import { ModelVersion } from '../types.js';

@InputType()
export class RegisterModelVersionInput {
  @Field(() => String, { description: 'The model that it is a version of; created where there is none.' })
  modelName!: string;

  @Field(() => String, { nullable: true, description: 'At most 1000 characters.' })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Markdown: data, figures and limits. Without it, a card says what the manifest does.',
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
