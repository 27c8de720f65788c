import { ServerError } from '@apollo/client';

/** What a proxy answers if it does not reach the server (502, 504), or if there is none (503). */
const OF_PROXIES = new Set([502, 503, 504]);

/**
 * Whether an error means that the server was not reached: `fetch` throws a TypeError without a connection, and a proxy answers for a server that
 * has stopped. The server's own answers are JSON, also those with the status 503.
 */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  return (
    ServerError.is(error) && OF_PROXIES.has(error.statusCode) && !error.bodyText.trimStart().startsWith('{')
  );
}
