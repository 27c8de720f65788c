import type { Request, Response } from 'express';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestContext, Viewer } from '../api/context.js';
import type { Caller } from '../api/request-limits.js';
import { badUserInput, isUnauthenticated, tokenRefused } from '../api/errors.js';
import { within } from '../concurrency/within.js';
import type { AppContext, AppServices } from '../graphql/app-services.js';
import { UnavailableError } from '../unavailable-error.js';
import { recordOf } from './access-log.js';
import { clientAddress } from './proxies.js';
import { currentRequest } from './request-scope.js';
import { deviceSecretOf, sessionSecretOf, setDeviceCookie, setSessionCookie } from './session-cookie.js';

/**
 * The context of one operation over a WebSocket, whose cookie came with its first request.
 * @param isUse whether the user does something now; false where the server checks that a session has not ended
 */
export async function socketContext(
  services: AppServices,
  request: IncomingMessage,
  isUse: boolean,
): Promise<AppContext> {
  const requestId = randomUUID();
  const ip = clientAddress(request, services.config);
  const { signal } = new AbortController();
  const credentials = await credentialsOf(services, request, requestId, isUse).catch((error: unknown) => {
    if (!isUse) throw error;
    return refuse(services, ip, signal, error);
  });
  return {
    ...services,
    ...credentials,
    ip,
    requestId,
    signal, // never aborts: images come over HTTP, and nothing else needs to be ended early
    formRead: Promise.resolve(),
  };
}

/**
 * The context of one HTTP request.
 * @throws OVERLOADED if the caller has too many requests in progress, or has requested too much in a short time
 */
export async function httpContext(
  services: AppServices,
  request: Request,
  response: Response,
): Promise<AppContext> {
  const signal = whenGone(response);
  const requestId = currentRequest()?.id ?? randomUUID();
  const ip = clientAddress(request, services.config);
  const begin = (caller: Caller) => {
    const finish = services.limits.begin(caller, 'requests');
    if (response.destroyed) finish();
    else response.once('close', finish);
  };
  const credentials = await credentialsOf(services, request, requestId, true).catch(
    async (error: unknown) => {
      if (isUnauthenticated(error)) begin({ viewer: null, ip });
      return refuse(services, ip, signal, error);
    },
  );
  const record = recordOf(response);
  record.account = credentials.viewer?.id ?? null;
  const caller = { viewer: credentials.viewer, ip };
  begin(caller);
  await services.limits.refuseIfUsedUp(caller, signal);
  return {
    ...services,
    ...credentials,
    ip,
    requestId,
    record,
    signal,
    formRead: Promise.resolve(),
    setSessionCookie: (secret) => setSessionCookie(request, response, services.config, secret),
    setDeviceCookie: (secret) => setDeviceCookie(request, response, services.config, secret),
  };
}

/** The cost of checking a token that is invalid, for the address that sent it: 1 ms of CPU time. */
const INVALID_TOKEN_COST = 100;

/**
 * Throws the error that credentials were refused with, and counts its cost.
 * @throws OVERLOADED instead, if the address has sent too much in a short time
 */
async function refuse(
  { limits }: AppServices,
  ip: string | null,
  signal: AbortSignal,
  error: unknown,
): Promise<never> {
  if (isUnauthenticated(error)) {
    const stranger = { viewer: null, ip };
    await limits.refuseIfUsedUp(stranger, signal);
    await limits.charge(stranger, INVALID_TOKEN_COST);
  }
  throw error;
}

/** Aborts when the connection closes before the response is complete. */
function whenGone(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    // Nobody reads this error. As an error of the caller it is not logged as a failure.
    if (!response.writableFinished) gone.abort(badUserInput('The connection was closed before the answer.'));
  });
  return gone.signal;
}

/**
 * The user of a request: the owner of the token in the 'Authorization: Bearer …' header, or of the session cookie if there is
 * no such header.
 * @throws UNAUTHENTICATED with the reason, for an invalid token, even if the request has a cookie
 * @throws UnavailableError if the database does not answer within the time limit of a classification
 */
async function credentialsOf(
  { credentials, config }: AppServices,
  request: IncomingMessage,
  requestId: string,
  isUse: boolean,
): Promise<
  Pick<RequestContext, 'viewer' | 'sessionSecret' | 'deviceSecret' | 'userAgent' | 'idempotencyKey'>
> {
  const inTime = (finding: Promise<Viewer | null>) =>
    within(config.classifyDeadlineMs, finding, () => new UnavailableError('database', 'unreachable'));
  const ip = clientAddress(request, config);
  const client = {
    deviceSecret: deviceSecretOf(request),
    userAgent: request.headers['user-agent'] ?? null,
    idempotencyKey: idempotencyKeyOf(request),
  };
  const token = bearerTokenOf(request);
  if (token !== null) {
    const finding = isJwt(token)
      ? credentials.viewerOfProviderToken(token, { ip, requestId })
      : credentials.viewerOfApiToken(token, ip);
    const viewer = await inTime(finding);
    if (!viewer) throw tokenRefused(await credentials.whyApiTokenRefused(token));
    return { viewer, sessionSecret: null, ...client };
  }
  const sessionSecret = sessionSecretOf(request);
  const viewer =
    sessionSecret === null
      ? null
      : await inTime(credentials.viewerOfSession(sessionSecret, isUse ? { ip } : undefined));
  return { viewer, sessionSecret, ...client };
}

/** What a Bearer header has as its token, '' where it has none; null without such a header. */
export function bearerTokenOf({ headers }: IncomingMessage): string | null {
  const header = /^Bearer(?:\s(.*))?$/is.exec(headers.authorization ?? '');
  return header && (header[1] ?? '').trim();
}

/** An access token of the identity provider has three parts (RFC 7515), the last of them empty without a signature; API tokens have one. */
const isJwt = (token: string) => /^[^.]+\.[^.]+\.[^.]*$/.test(token);

/** The header Idempotency-Key: a text in double quotes (RFC 9651, as the IETF draft of the header requires), or without, as many clients send it. */
function idempotencyKeyOf({ headers }: IncomingMessage): string | null {
  const header = headers['idempotency-key'];
  const key = typeof header === 'string' ? header.trim() : '';
  return key.replace(/^"(.*)"$/, '$1').trim() || null;
}
