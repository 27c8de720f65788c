import { Field, ObjectType } from 'type-graphql';
import { Node } from '../../api/node.js';
import { Role } from '../../api/permissions.js';
import { UserError } from '../../api/user-error.js';

@ObjectType({ implements: Node, description: 'A person with an account.' })
export class User extends Node {
  @Field(() => String)
  email!: string;

  @Field(() => String)
  displayName!: string;

  @Field(() => [Role])
  roles!: Role[];

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When the account was disabled. A disabled user cannot sign in.',
  })
  disabledAt!: Date | null;

  @Field(() => Boolean, {
    description:
      'The password was generated. The user must choose a new password before doing anything else.',
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

@ObjectType({
  implements: Node,
  description: 'A key that lets a program use the API. Its secret is shown only when it is created.',
})
export class ApiToken extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'Null if the token does not expire: it is valid until it is revoked.',
  })
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
    description: "Send it as 'Authorization: Bearer SECRET'. It is shown only here.",
  })
  secret?: string | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
