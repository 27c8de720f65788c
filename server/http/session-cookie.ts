import type { CookieOptions, Request, Response } from 'express';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config.js';

const SESSION = 'cytograph_session';
const DEVICE = 'cytograph_device';
const ATTEMPT = 'cytograph_sign_in';
const ATTEMPT_MS = 10 * 60_000;
const DEVICE_MS = 365 * 24 * 3600 * 1000;

type CookieSettings = Pick<Config, 'publicUrl' | 'basePath' | 'sessionMs'>;

function cookieOf(request: IncomingMessage, wanted: string): string | null {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name]) => name === wanted)?.[1] || null;
}

/** The secret in a request's session cookie; null without one. */
export function sessionSecretOf(request: IncomingMessage): string | null {
  return cookieOf(request, SESSION);
}

/** The secret in a request's device cookie, if it is one that this server may have set; null without one. */
export function deviceSecretOf(request: IncomingMessage): string | null {
  const secret = cookieOf(request, DEVICE);
  return secret !== null && /^[\w-]{43}$/.test(secret) ? secret : null;
}

/** Sets (a secret) or clears (null) the session cookie. */
export function setSessionCookie(
  request: Request,
  response: Response,
  settings: CookieSettings,
  secret: string | null,
): void {
  const attributes = attributesOf(request, settings);
  if (secret === null) response.clearCookie(SESSION, attributes);
  else response.cookie(SESSION, secret, { ...attributes, maxAge: settings.sessionMs });
}

/** Sets the cookie by which a browser is recognised at the next sign-in, for a year. It gives access to nothing. */
export function setDeviceCookie(
  request: Request,
  response: Response,
  settings: CookieSettings,
  secret: string,
): void {
  response.cookie(DEVICE, secret, { ...attributesOf(request, settings), maxAge: DEVICE_MS });
}

/** What a browser keeps while its user signs in at the identity provider; null without it. */
export function attemptCookieOf(request: IncomingMessage): string | null {
  return cookieOf(request, ATTEMPT);
}

/** Sets the cookie of a sign-in at the identity provider, for 10 minutes. Only the routes of that sign-in get it. */
export function setAttemptCookie(
  request: Request,
  response: Response,
  settings: CookieSettings,
  value: string,
): void {
  response.cookie(ATTEMPT, value, { ...attemptAttributes(request, settings), maxAge: ATTEMPT_MS });
}

/** Removes that cookie: each sign-in can be finished once. */
export function clearAttemptCookie(request: Request, response: Response, settings: CookieSettings): void {
  response.clearCookie(ATTEMPT, attemptAttributes(request, settings));
}

function attemptAttributes(request: Request, settings: CookieSettings): CookieOptions {
  return { ...attributesOf(request, settings), path: `${settings.basePath}/oidc` };
}

/**
 * Scripts cannot read the cookie and other sites cannot send it along with a POST. It is Secure where the browser came over
 * HTTPS, as a trusted proxy or PUBLIC_URL says, so that a local start works over HTTP too. Its path is the base path: another
 * program on the same host does not get it.
 */
function attributesOf(request: Request, { publicUrl, basePath }: CookieSettings): CookieOptions {
  const isHttps = request.secure || (publicUrl?.startsWith('https:') ?? false);
  return { httpOnly: true, sameSite: 'lax', secure: isHttps, path: basePath || '/' };
}
