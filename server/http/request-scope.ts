import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ErrorCode } from '../api/error-codes.js';

/** The request for which code is running. */
export interface RequestScope {
  id: string;
  method: string;
  /** Without the query. */
  path: string;
  /** Answers the request, if it is still open, with an internal error that contains the id. */
  fail(): void;
}

const scopes = new AsyncLocalStorage<RequestScope>();

/** Runs `work`, and everything that it starts, in the scope of a request, so that errors are logged with the request's id. */
export function inRequest(request: IncomingMessage, response: ServerResponse | null, work: () => void): void {
  const id = randomUUID();
  const [path = ''] = (request.url ?? '').split('?');
  scopes.run({ id, method: request.method ?? '', path, fail: () => response && fail(response, id) }, work);
}

/** The request for which the caller is running; undefined outside of requests. */
export function currentRequest(): RequestScope | undefined {
  return scopes.getStore();
}

function fail(response: ServerResponse, id: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const error = `Something went wrong. The server's log has details under ${id}.`;
  response.writeHead(500, { 'Content-Type': 'application/json; charset=utf-8', Connection: 'close' });
  response.end(JSON.stringify({ error, code: ErrorCode.INTERNAL }));
}
