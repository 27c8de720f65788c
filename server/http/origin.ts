import type { IncomingMessage } from 'node:http';

/**
 * Whether a request comes from a page of this very server, or from no page at all. A browser sends the session cookie
 * along with a WebSocket, and with a form's POST, whatever page opened them, but it says truly which page that was.
 */
export function isSameOrigin({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  if (headers.origin === undefined) return true;
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host;
}
