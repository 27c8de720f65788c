import { Field, ObjectType } from 'type-graphql';
import { Node } from '../../api/node.js';
import { Role } from '../../api/permissions.js';
import { UserError } from '../../api/user-error.js';

@ObjectType({ implements: Node, description: 'Somebody who signs in.' })
export class User extends Node {
  @Field(() => String)
  email!: string;

  @Field(() => String)
  displayName!: string;

  @Field(() => [Role])
  roles!: Role[];

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Since when they may not sign in any more.' })
  disabledAt!: Date | null;

  @Field(() => Boolean, {
    description: 'The password was generated: until its owner has chosen one, they may do nothing else.',
  })
  passwordIsOneTime!: boolean;
}

@ObjectType()
export class SignInPayload {
  @Field(() => User, { nullable: true })
  viewer?: User | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType({ implements: Node, description: "A program's key to the API. Its secret was shown once." })
export class ApiToken extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Null: it works until it is revoked.' })
  expiresAt!: Date | null;

  @Field(() => Date, { nullable: true })
  lastUsedAt!: Date | null;
}

@ObjectType()
export class CreateApiTokenPayload {
  @Field(() => ApiToken, { nullable: true })
  token?: ApiToken | null;

  @Field(() => String, {
    nullable: true,
    description: "Send it as 'Authorization: Bearer SECRET'. It is shown here and never again.",
  })
  secret?: string | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
