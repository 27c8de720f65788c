import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../../api/node.js';
import { Role, Scope } from '../../api/permissions.js';
import { UserError } from '../../api/user-error.js';

@ObjectType({ implements: Node, description: 'A person with an account.' })
export class User extends Node {
  @Field(() => String)
  email!: string;

  @Field(() => String)
  displayName!: string;

  @Field(() => [Role])
  roles!: Role[];

  siteIds!: string[];
  seesAllSites!: boolean;

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

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True when the password is right and the user has a second factor: sign in again with a code. Otherwise null.',
  })
  codeRequired?: boolean | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType({ description: 'An identity provider of the organisation (OpenID Connect).' })
export class SignInProvider {
  @Field(() => String, { description: 'As people know it.' })
  name!: string;

  @Field(() => String, {
    description: 'Where the browser goes to sign in. The parameter page names the page to open then.',
  })
  url!: string;

  @Field(() => String, {
    description:
      'Where the browser of a signed-in person goes to sign in again, which `signReport` needs. The provider asks the person, even if it ' +
      'knows them already.',
  })
  againUrl!: string;

  @Field(() => String, { description: "Whom people without access ask, as the end of the sentence 'Ask …'." })
  contact!: string;
}

@ObjectType({ description: 'A person as an identity provider knows them.' })
export class UserIdentity {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { description: "The provider's address." })
  issuer!: string;

  @Field(() => String, { description: "The provider's permanent name for the person." })
  subject!: string;

  @Field(() => String, { nullable: true, description: 'As the provider gave it at the first sign-in.' })
  email!: string | null;

  @Field(() => String, { description: 'As the provider gave it at the first sign-in.' })
  displayName!: string;

  @Field(() => Date, { description: 'When the person first signed in.' })
  createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'Since when the person signs in to this account. Null: an ADMIN has not linked the two yet.',
  })
  linkedAt!: Date | null;
}

@ObjectType({ description: 'How people sign in to this server.' })
export class SignInMethods {
  @Field(() => SignInProvider, { nullable: true, description: 'Null: with a password only.' })
  provider!: SignInProvider | null;

  @Field(() => Boolean, {
    description: 'Whether people have passwords here. False: only the emergency account has.',
  })
  builtInAccounts!: boolean;
}

@ObjectType()
export class UserPayload {
  @Field(() => User, { nullable: true })
  user?: User | null;

  @Field(() => String, {
    nullable: true,
    description: 'Of a new user, or after a reset. It is shown here and never again.',
  })
  oneTimePassword?: string | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType({ implements: Node, description: 'A sign-in in one browser that has not ended.' })
export class Session extends Node {
  @Field(() => Date, { description: 'When the user signed in.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it ends at the latest, however it is used.' })
  expiresAt!: Date;

  @Field(() => Date, { description: 'To the minute.' })
  lastUsedAt!: Date;

  @Field(() => String, { nullable: true, description: 'Address from which the user signed in.' })
  ip!: string | null;

  @Field(() => String, { nullable: true, description: 'Address of the last use.' })
  lastUsedIp!: string | null;

  @Field(() => String, { nullable: true, description: 'How the browser describes itself.' })
  userAgent!: string | null;

  @Field(() => Boolean, { description: 'Whether it is the session that asks.' })
  isCurrent!: boolean;
}

@ObjectType({
  implements: Node,
  description: 'A key that lets a program use the API. Its secret is shown only when it is created.',
})
export class ApiToken extends Node {
  userId!: string;

  @Field(() => String)
  name!: string;

  @Field(() => [Scope], { description: "What it may be used for, within its owner's roles." })
  scopes!: Scope[];

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Null: it works until it is revoked.' })
  expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'To the minute; null: it has not been used.' })
  lastUsedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Address of the last use.' })
  lastUsedIp!: string | null;
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

@ObjectType()
export class BeginSecondFactorPayload {
  @Field(() => String, { nullable: true, description: 'For an app that cannot read the QR code: base32.' })
  secret?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the QR code holds: an address that begins with otpauth:',
  })
  uri?: string | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType()
export class ConfirmSecondFactorPayload {
  @Field(() => [String], {
    nullable: true,
    description: 'Each replaces the app once. They are shown here and never again.',
  })
  recoveryCodes?: string[] | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType()
export class RemoveSecondFactorPayload {
  @Field(() => Boolean, { nullable: true, description: 'False when there was none.' })
  removed?: boolean | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
