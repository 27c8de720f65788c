import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ErrorCode } from '../api/errors.js';

/** The request that some code runs for. */
export interface RequestScope {
  id: string;
  method: string;
  /** Without the query. */
  path: string;
  /** Ends the request, where it is not answered yet, with an internal error that names the id. */
  fail(): void;
}

const scopes = new AsyncLocalStorage<RequestScope>();

/** Runs `work`, and whatever it starts, in the scope of a request: its id is in the log when something fails there. */
export function inRequest(request: IncomingMessage, response: ServerResponse | null, work: () => void): void {
  const id = randomUUID();
  const [path = ''] = (request.url ?? '').split('?');
  scopes.run({ id, method: request.method ?? '', path, fail: () => response && fail(response, id) }, work);
}

/** The request that the caller runs for; undefined outside of any. */
export function currentRequest(): RequestScope | undefined {
  return scopes.getStore();
}

function fail(response: ServerResponse, id: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const error = `Something went wrong here. The server's log says more under ${id}.`;
  response.writeHead(500, { 'Content-Type': 'application/json; charset=utf-8', Connection: 'close' });
  response.end(JSON.stringify({ error, code: ErrorCode.INTERNAL }));
}
