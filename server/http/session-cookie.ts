import type { Request, Response } from 'express';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config.js';
import { SESSION_MS } from '../features/accounts/sessions.js';

const NAME = 'cytograph_session';

/** The secret in a request's session cookie; null without one. */
export function sessionSecretOf(request: IncomingMessage): string | null {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name]) => name === NAME)?.[1] || null;
}

/**
 * Sets (a secret) or clears (null) the session cookie. Scripts cannot read it and other sites cannot send it along with
 * a POST. It is Secure if the browser uses HTTPS according to a trusted proxy or PUBLIC_URL, so that a local start also works
 * over HTTP. Its path is the base path, so that other programs on the same host do not receive it.
 */
export function setSessionCookie(
  request: Request,
  response: Response,
  { publicUrl, basePath }: Pick<Config, 'publicUrl' | 'basePath'>,
  secret: string | null,
): void {
  const isHttps = request.secure || (publicUrl?.startsWith('https:') ?? false);
  const attributes = { httpOnly: true, sameSite: 'lax', secure: isHttps, path: basePath || '/' } as const;
  if (secret === null) response.clearCookie(NAME, attributes);
  else response.cookie(NAME, secret, { ...attributes, maxAge: SESSION_MS });
}
