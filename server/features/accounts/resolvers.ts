import { Arg, Ctx, Field, ID, InputType, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../api/context.js';
import { withUserErrors } from '../../api/user-error.js';
import { changePassword } from './change-password.js';
import { createApiToken } from './create-api-token.js';
import { revokeApiToken } from './revoke-api-token.js';
import { signIn } from './sign-in.js';
import { signOut } from './sign-out.js';
import { CreateApiTokenPayload, SignInPayload, User } from './types.js';

@InputType()
class CreateApiTokenInput {
  @Field(() => String, { description: 'The purpose of the token.' })
  name!: string;

  @Field(() => Date, {
    nullable: true,
    description: 'Defaults to no expiry: the token is valid until it is revoked.',
  })
  expiresAt?: Date | null;
}

@Resolver()
export class AccountResolver {
  @Query(() => User, { nullable: true, description: 'The signed-in user. Null when not signed in.' })
  viewer(@Ctx() context: RequestContext): User | null {
    return context.viewer;
  }

  @Mutation(() => SignInPayload, { description: 'Starts a session of 12 hours and sets its cookie.' })
  signIn(
    @Ctx() context: RequestContext,
    @Arg('email', () => String) email: string,
    @Arg('password', () => String) password: string,
  ): Promise<SignInPayload> {
    return withUserErrors<SignInPayload>(async () => ({ viewer: await signIn(context, email, password) }));
  }

  @Mutation(() => Boolean, { description: 'Ends the session. Returns false if there was no session.' })
  signOut(@Ctx() context: RequestContext): Promise<boolean> {
    return signOut(context);
  }

  @Mutation(() => SignInPayload, {
    description: "Changes the viewer's password and ends all other sessions of the viewer.",
  })
  changePassword(
    @Ctx() context: RequestContext,
    @Arg('currentPassword', () => String) currentPassword: string,
    @Arg('newPassword', () => String, { description: 'At least 12 characters.' }) newPassword: string,
  ): Promise<SignInPayload> {
    return withUserErrors<SignInPayload>(async () => ({
      viewer: await changePassword(context, currentPassword, newPassword),
    }));
  }

  @Mutation(() => CreateApiTokenPayload, {
    description: "Creates a token that gives a program the viewer's permissions.",
  })
  createApiToken(
    @Ctx() context: RequestContext,
    @Arg('input', () => CreateApiTokenInput) input: CreateApiTokenInput,
  ): Promise<CreateApiTokenPayload> {
    return withUserErrors<CreateApiTokenPayload>(() => createApiToken(context, input));
  }

  @Mutation(() => Boolean, {
    description: "Revokes one of the viewer's tokens. Returns false if the viewer has no token with this id.",
  })
  revokeApiToken(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<boolean> {
    return revokeApiToken(context, id);
  }
}
