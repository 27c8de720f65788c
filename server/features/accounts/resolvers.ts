import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { Role, Scope } from '../../api/permissions.js';
import { withUserErrors } from '../../api/user-error.js';
import type { AccountContext } from './account-services.js';
import { changePassword } from './change-password.js';
import {
  beginSecondFactor,
  confirmSecondFactor,
  removeSecondFactor,
  resetSecondFactor,
} from './change-second-factor.js';
import { createApiToken } from './create-api-token.js';
import { createUser } from './create-user.js';
import { disableUser, enableUser } from './disable-user.js';
import { endSession, signOutEverywhere } from './end-sessions.js';
import { loadLastSignIns, mayReadSignIn } from './last-sign-in.js';
import { listApiTokens } from './list-api-tokens.js';
import { listSessions } from './list-sessions.js';
import { listUsers } from './list-users.js';
import { loadUsers } from './load-users.js';
import { linkIdentity } from './oidc/link-identity.js';
import { loadIdentities } from './oidc/load-identities.js';
import { signOutOfProvider } from './oidc/sign-out-of-provider.js';
import { resetPassword } from './reset-password.js';
import { revokeApiToken } from './revoke-api-token.js';
import { loadHasSecondFactor } from './second-factor.js';
import { setUserRoles } from './set-user-roles.js';
import { signIn } from './sign-in.js';
import { signInMethods } from './sign-in-methods.js';
import { signOut } from './sign-out.js';
import {
  ApiToken,
  BeginSecondFactorPayload,
  ConfirmSecondFactorPayload,
  CreateApiTokenPayload,
  RemoveSecondFactorPayload,
  Session,
  SignInMethods,
  SignInPayload,
  User,
  UserIdentity,
  UserPayload,
} from './types.js';

@InputType()
class CreateApiTokenInput {
  @Field(() => String, { description: 'The purpose of the token.' })
  name!: string;

  @Field(() => [Scope], {
    nullable: true,
    description: "What it may be used for, within the viewer's roles. Default: all but ADMINISTER.",
  })
  scopes?: Scope[] | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Default: 90 days from now. Null: it works until it is revoked.',
  })
  expiresAt?: Date | null;
}

@InputType()
class CreateUserInput {
  @Field(() => String, { description: 'With which the user signs in; upper and lower case are the same.' })
  email!: string;

  @Field(() => String, { description: '1 to 100 characters.' })
  displayName!: string;

  @Field(() => [Role], { description: 'At least one.' })
  roles!: Role[];

  @Field(() => [ID], { nullable: true, description: 'The sites of the user. Default: none.' })
  siteIds?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the user also sees predictions of other sites, and predictions without a site. Default: true if the server has no sites, false otherwise.',
  })
  seesAllSites?: boolean | null;
}

@InputType()
class SetUserRolesInput {
  @Field(() => ID)
  userId!: string;

  @Field(() => [Role], { description: 'All roles that the user is to have: at least one.' })
  roles!: Role[];
}

@Resolver()
export class AccountResolver {
  @Query(() => User, { nullable: true, description: 'The signed-in user. Null when not signed in.' })
  viewer(@Ctx() context: RequestContext): User | null {
    return context.viewer;
  }

  @Query(() => SignInMethods, { description: 'How people sign in to this server.' })
  signInMethods(@Ctx() context: AccountContext): SignInMethods {
    return signInMethods(context);
  }

  @Query(() => [Session], {
    description: 'Sessions that have not ended: those of the viewer, or (for an ADMIN) of any user.',
  })
  sessions(
    @Ctx() context: RequestContext,
    @Arg('userId', () => ID, { nullable: true }) userId?: string | null,
  ): Promise<Session[]> {
    return listSessions(context, userId);
  }

  @Query(() => [ApiToken], {
    description: 'API tokens that have not been revoked: those of the viewer, or (for an ADMIN) of any user.',
  })
  apiTokens(
    @Ctx() context: RequestContext,
    @Arg('userId', () => ID, { nullable: true }) userId?: string | null,
  ): Promise<ApiToken[]> {
    return listApiTokens(context, userId);
  }

  @Mutation(() => SignInPayload, {
    description: 'Starts a session and sets its cookie.',
  })
  signIn(
    @Ctx() context: RequestContext,
    @Arg('email', () => String) email: string,
    @Arg('password', () => String) password: string,
    @Arg('code', () => String, {
      nullable: true,
      description: 'Of the authenticator app, or a recovery code; only for users with a second factor.',
    })
    code?: string | null,
  ): Promise<SignInPayload> {
    return withUserErrors<SignInPayload>(async () => {
      const viewer = await signIn(context, email, password, code);
      if (viewer) context.viewer = viewer; // who reads the rest of the answer
      return viewer ? { viewer } : { codeRequired: true };
    });
  }

  @Mutation(() => Boolean, { description: 'Ends the session. Returns false if there was no session.' })
  signOut(@Ctx() context: RequestContext): Promise<boolean> {
    return signOut(context);
  }

  @Mutation(() => String, {
    nullable: true,
    description:
      'Ends the session. Returns the page of the identity provider where the browser ends its session there too, or null.',
  })
  signOutOfProvider(@Ctx() context: AccountContext): Promise<string | null> {
    return signOutOfProvider(context);
  }

  @Mutation(() => Int, {
    description:
      'Ends all sessions of the viewer, this one too, or (for an ADMIN) of any user. Returns their number.',
  })
  signOutEverywhere(
    @Ctx() context: RequestContext,
    @Arg('userId', () => ID, { nullable: true }) userId?: string | null,
  ): Promise<number> {
    return signOutEverywhere(context, userId);
  }

  @Mutation(() => Boolean, {
    description:
      'Ends one session of the viewer, or (for an ADMIN) of any user; false when there is no such session.',
  })
  endSession(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<boolean> {
    return endSession(context, id);
  }

  @Mutation(() => SignInPayload, {
    description:
      "Changes the viewer's password, ends all other sessions of the viewer and revokes their API tokens.",
  })
  changePassword(
    @Ctx() context: RequestContext,
    @Arg('currentPassword', () => String) currentPassword: string,
    @Arg('newPassword', () => String, { description: 'At least 12 characters.' }) newPassword: string,
    @Arg('keepApiTokens', () => Boolean, {
      nullable: true,
      description: "True: the viewer's API tokens keep working. Default: false.",
    })
    keepApiTokens?: boolean | null,
  ): Promise<SignInPayload> {
    return withUserErrors<SignInPayload>(async () => ({
      viewer: await changePassword(context, currentPassword, newPassword, keepApiTokens ?? false),
    }));
  }

  @Mutation(() => CreateApiTokenPayload, {
    description: "A key for a program. It may do what its scopes allow, within the viewer's roles.",
  })
  createApiToken(
    @Ctx() context: RequestContext,
    @Arg('input', () => CreateApiTokenInput) input: CreateApiTokenInput,
  ): Promise<CreateApiTokenPayload> {
    return withUserErrors<CreateApiTokenPayload>(() => createApiToken(context, input));
  }

  @Mutation(() => Boolean, {
    description:
      'Revokes an API token of the viewer, or (for an ADMIN) of any user; false when there is no such token.',
  })
  revokeApiToken(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<boolean> {
    return revokeApiToken(context, id);
  }

  @Mutation(() => BeginSecondFactorPayload, {
    description: 'Begins to set up an authenticator app for the viewer; confirmSecondFactor completes it.',
  })
  beginSecondFactor(
    @Ctx() context: RequestContext,
    @Arg('password', () => String) password: string,
  ): Promise<BeginSecondFactorPayload> {
    return withUserErrors<BeginSecondFactorPayload>(() => beginSecondFactor(context, password));
  }

  @Mutation(() => ConfirmSecondFactorPayload, {
    description: 'From now on signing in takes a code of the app.',
  })
  confirmSecondFactor(
    @Ctx() context: RequestContext,
    @Arg('code', () => String) code: string,
  ): Promise<ConfirmSecondFactorPayload> {
    return withUserErrors<ConfirmSecondFactorPayload>(async () => ({
      recoveryCodes: await confirmSecondFactor(context, code),
    }));
  }

  @Mutation(() => RemoveSecondFactorPayload, {
    description: "Removes the viewer's authenticator app and recovery codes.",
  })
  removeSecondFactor(
    @Ctx() context: RequestContext,
    @Arg('password', () => String) password: string,
  ): Promise<RemoveSecondFactorPayload> {
    return withUserErrors<RemoveSecondFactorPayload>(async () => ({
      removed: await removeSecondFactor(context, password),
    }));
  }
}

/** What administrators do with the accounts of others. */
@Resolver(() => User)
export class UserResolver {
  @Query(() => [User], { description: 'Every user by name, disabled ones too; for ADMIN and AUDITOR.' })
  users(@Ctx() context: RequestContext): Promise<User[]> {
    return listUsers(context);
  }

  @Mutation(() => UserPayload, {
    description: 'Creates a user with a one-time password, for an ADMIN who is signed in.',
  })
  createUser(
    @Ctx() context: RequestContext,
    @Arg('input', () => CreateUserInput) input: CreateUserInput,
  ): Promise<UserPayload> {
    return withUserErrors<UserPayload>(() => createUser(context, input));
  }

  @Mutation(() => UserPayload, {
    description: 'Replaces the roles of a user. One administrator always remains.',
  })
  setUserRoles(
    @Ctx() context: RequestContext,
    @Arg('input', () => SetUserRolesInput) input: SetUserRolesInput,
  ): Promise<UserPayload> {
    return withUserErrors<UserPayload>(async () => ({ user: await setUserRoles(context, input) }));
  }

  @Mutation(() => UserPayload, {
    description:
      'Disables an account, ends its sessions and revokes its API tokens. One administrator always remains.',
  })
  disableUser(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<UserPayload> {
    return withUserErrors<UserPayload>(async () => ({ user: await disableUser(context, id) }));
  }

  @Mutation(() => UserPayload, {
    description: 'Enables a disabled account again, with the password and roles that it had.',
  })
  enableUser(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<UserPayload> {
    return withUserErrors<UserPayload>(async () => ({ user: await enableUser(context, id) }));
  }

  @Mutation(() => UserPayload, {
    description:
      "Replaces another user's password by a one-time password, ends their sessions and revokes their API tokens.",
  })
  resetPassword(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<UserPayload> {
    return withUserErrors<UserPayload>(() => resetPassword(context, id));
  }

  @Mutation(() => UserPayload, {
    description: "Removes another user's authenticator app and recovery codes.",
  })
  resetSecondFactor(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<UserPayload> {
    return withUserErrors<UserPayload>(async () => ({ user: await resetSecondFactor(context, id) }));
  }

  @Mutation(() => UserPayload, {
    description:
      'Lets a person of the identity provider sign in to the account with the same e-mail address, which loses its password.',
  })
  linkIdentity(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<UserPayload> {
    return withUserErrors<UserPayload>(async () => ({ user: await linkIdentity(context, id) }));
  }

  @FieldResolver(() => [UserIdentity], {
    nullable: true,
    description: 'At identity providers, linked or not. Null: the viewer may not know.',
  })
  async identities(@Ctx() context: RequestContext, @Root() user: User): Promise<UserIdentity[] | null> {
    if (!mayReadSignIn(context, user.id)) return null;
    return (await batched(context, loadIdentities).load(user.id)) ?? [];
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description: 'Null: never, or the viewer may not know.',
  })
  async lastSignedInAt(@Ctx() context: RequestContext, @Root() user: User): Promise<Date | null> {
    return mayReadSignIn(context, user.id) ? batched(context, loadLastSignIns).load(user.id) : null;
  }

  @FieldResolver(() => Boolean, {
    nullable: true,
    description: 'Whether signing in takes a code of an authenticator app. Null: the viewer may not know.',
  })
  async hasSecondFactor(@Ctx() context: RequestContext, @Root() user: User): Promise<boolean | null> {
    if (!mayReadSignIn(context, user.id)) return null;
    return (await batched(context, loadHasSecondFactor).load(user.id)) ?? false;
  }
}

@Resolver(() => ApiToken)
export class ApiTokenResolver {
  @FieldResolver(() => User)
  async owner(@Ctx() context: RequestContext, @Root() token: ApiToken): Promise<User | null> {
    return batched(context, loadUsers).load(token.userId);
  }
}
