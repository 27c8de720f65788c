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
  @Field(() => String, { description: 'What the token is for.' })
  name!: string;

  @Field(() => Date, { nullable: true, description: 'Default: it works until it is revoked.' })
  expiresAt?: Date | null;
}

@Resolver()
export class AccountResolver {
  @Query(() => User, { nullable: true, description: 'Who asks; null when not signed in.' })
  viewer(@Ctx() context: RequestContext): User | null {
    return context.viewer;
  }

  @Mutation(() => SignInPayload, { description: 'Begins a session of 12 hours, kept in a cookie.' })
  signIn(
    @Ctx() context: RequestContext,
    @Arg('email', () => String) email: string,
    @Arg('password', () => String) password: string,
  ): Promise<SignInPayload> {
    return withUserErrors<SignInPayload>(async () => ({ viewer: await signIn(context, email, password) }));
  }

  @Mutation(() => Boolean, { description: 'Ends the session; false when there was none.' })
  signOut(@Ctx() context: RequestContext): Promise<boolean> {
    return signOut(context);
  }

  @Mutation(() => SignInPayload, { description: 'Also ends all other sessions of the viewer.' })
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
    description: 'A key with which a program may do what the viewer may.',
  })
  createApiToken(
    @Ctx() context: RequestContext,
    @Arg('input', () => CreateApiTokenInput) input: CreateApiTokenInput,
  ): Promise<CreateApiTokenPayload> {
    return withUserErrors<CreateApiTokenPayload>(() => createApiToken(context, input));
  }

  @Mutation(() => Boolean, {
    description: "Ends one of the viewer's tokens; false when there is no such token.",
  })
  revokeApiToken(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<boolean> {
    return revokeApiToken(context, id);
  }
}
