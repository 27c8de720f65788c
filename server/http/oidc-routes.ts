import express, { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { badUserInput } from '../api/errors.js';
import {
  type IdentityProvider,
  type SignInAttempt,
  SignInRejected,
} from '../features/accounts/oidc/identity-provider.js';
import { beginFreshSignIn } from '../features/accounts/oidc/begin-fresh-sign-in.js';
import {
  finishFreshSignIn,
  type FreshSignInRefusal,
} from '../features/accounts/oidc/finish-fresh-sign-in.js';
import { endProviderSessions } from '../features/accounts/oidc/end-provider-sessions.js';
import { recordRejectedSignIn } from '../features/accounts/oidc/record-rejected-sign-in.js';
import { signInWithProvider } from '../features/accounts/oidc/sign-in-with-provider.js';
import type { AppContext, AppServices } from '../graphql/app-services.js';
import { unavailableOf } from '../outages/unavailable-of.js';
import { recordOf } from './access-log.js';
import { ownPage } from './own-page.js';
import { httpContext } from './request-context.js';
import { clearAttemptCookie, attemptCookieOf, setAttemptCookie } from './session-cookie.js';

/** Why a sign-in with the provider failed. The web app explains each (`sign-in-problem.tsx`). */
type SignInProblem = FreshSignInRefusal | SignInRejected['reason'] | 'EXPIRED' | 'UNAVAILABLE';

/** What the browser keeps while the person is at the provider's pages. */
const KeptAttempt = z.object({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  /** The page that the person wanted. */
  page: z.string(),
  /** Whether the user of a session proves again who they are. The server remembers which session has begun that. */
  again: z.boolean().default(false),
});

/** The page that opens after a fresh sign-in, in the window that was opened for it. */
const SIGNED_IN_AGAIN = '/?signed-in-again';

const LogoutForm = z.object({ logout_token: z.string() });
const readForm = express.urlencoded({ extended: false, limit: 32_000 });
/** The cost of each half of a sign-in. The provider answers this server, and must not refuse it because of one address. */
const SIGN_IN_COST = 500;
/** How long the provider may take to send the form, in milliseconds. */
const BODY_MS = 10_000;

/**
 * Signing in with an OpenID Connect provider: `/oidc/sign-in` sends the browser to the provider, which sends it back to
 * `/oidc/callback`. `/oidc/sign-in-again` does the same for a user who is signed in, and whom the provider asks again. Without a provider in the settings there are no such routes.
 */
export function oidcRoutes(services: AppServices): Router {
  const { identityProvider: provider, config, log } = services;
  const route = Router();
  if (!provider) return route;

  route.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  route.get('/sign-in', async (request, response) => {
    await services.limits.spend(await httpContext(services, request, response), SIGN_IN_COST);
    const page = ownPage(request.query.page);
    try {
      const { url, attempt } = await provider.beginSignIn();
      setAttemptCookie(request, response, config, encode({ ...attempt, page }));
      response.redirect(303, url);
    } catch (error) {
      explain(response, error, page);
    }
  });

  route.get('/sign-in-again', async (request, response) => {
    const context = await httpContext(services, request, response);
    await services.limits.spend(context, SIGN_IN_COST);
    try {
      const begun = await beginFreshSignIn(context, provider);
      if (!begun) return toProblem(response, 'NOT_BEGUN', SIGNED_IN_AGAIN);
      const kept = { ...begun.attempt, page: SIGNED_IN_AGAIN, again: true };
      setAttemptCookie(request, response, config, encode(kept));
      response.redirect(303, begun.url);
    } catch (error) {
      explain(response, error, SIGNED_IN_AGAIN);
    }
  });

  route.get('/callback', async (request, response) => {
    const context = await httpContext(services, request, response);
    await services.limits.spend(context, SIGN_IN_COST);
    const kept = decode(attemptCookieOf(request));
    clearAttemptCookie(request, response, config);
    if (!kept) return toProblem(response, 'EXPIRED', '/');
    const page = ownPage(kept.page);
    try {
      const signIn = await provider.finishSignIn(queryOf(request), kept);
      const refusal = kept.again
        ? await finishFreshSignIn(context, kept.state, signIn)
        : await signInWithProvider(context, signIn);
      if (refusal) return toProblem(response, refusal, page);
      response.redirect(303, `${config.publicUrl ?? ''}${page}`);
    } catch (error) {
      if (error instanceof SignInRejected) await recordRejectedSignIn(context, error);
      explain(response, error, page);
    }
  });

  // The provider itself says here that a person has signed out there.
  route.post('/back-channel-logout', async (request, response, next) => {
    const context = await httpContext(services, request, response);
    const timer = setTimeout(() => request.destroy(), BODY_MS);
    readForm(request, response, (error?: unknown) => {
      clearTimeout(timer);
      if (error) return next(error);
      endSessions(context, provider, request, response).catch(next);
    });
  });

  return route;

  /** Sends the browser to the page that explains a failure; passes on any error that is none of the sign-in. */
  function explain(response: Response, error: unknown, page: string): void {
    if (error instanceof SignInRejected) {
      log.warn({ err: error }, 'The identity provider did not sign a person in.');
      return toProblem(response, error.reason, page);
    }
    const unavailable = unavailableOf(error);
    if (!unavailable) throw error;
    log.warn({ err: error }, unavailable.message);
    toProblem(response, 'UNAVAILABLE', page);
  }

  function toProblem(response: Response, problem: SignInProblem, page: string): void {
    recordOf(response).codes.push(problem);
    const query = new URLSearchParams({ 'sign-in-problem': problem, page });
    response.redirect(303, `${config.publicUrl ?? ''}/?${query.toString()}`);
  }
}

async function endSessions(
  context: AppContext,
  provider: IdentityProvider,
  request: Request,
  response: Response,
): Promise<void> {
  const form = LogoutForm.safeParse(request.body);
  if (!form.success) throw badUserInput('Send a form with the field logout_token.');
  await endProviderSessions(context, await provider.verifyLogoutToken(form.data.logout_token));
  response.status(200).end();
}

function queryOf(request: Request): string {
  const { originalUrl } = request;
  const begin = originalUrl.indexOf('?');
  return begin < 0 ? '' : originalUrl.slice(begin);
}

function encode(kept: SignInAttempt & { page: string; again?: boolean }): string {
  return Buffer.from(JSON.stringify(kept)).toString('base64url');
}

/** What the cookie keeps; null without one, or for one that this server did not set. */
function decode(cookie: string | null): z.infer<typeof KeptAttempt> | null {
  if (cookie === null) return null;
  try {
    return KeptAttempt.parse(JSON.parse(Buffer.from(cookie, 'base64url').toString()));
  } catch {
    return null;
  }
}
