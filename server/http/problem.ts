import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { recordOf } from './access-log.js';
import { type CallersError, callersErrorOf } from '../api/callers-error.js';
import { ErrorCode } from '../api/error-codes.js';

/** Sends an error outside GraphQL: its status, and the body `{ error, code }`. */
export function sendProblem(response: Response, problem: CallersError): void {
  const { status, code, message: error } = problem;
  recordOf(response).codes.push(code);
  setHeadersOf(response, problem);
  response.set('Cache-Control', 'no-store');
  response.status(status).type('json').json({ error, code });
}

/** Sets the headers that belong to an error: how to sign in, or when to try again. */
export function setHeadersOf(response: Response, { status, retryAfter }: CallersError): void {
  if (status === 401) response.set('WWW-Authenticate', 'Bearer');
  if (retryAfter !== undefined) response.set('Retry-After', retryAfter);
}

/** Express's last handler: returns every error as JSON, an internal error as an id that is also in the log. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    if (response.destroyed) return; // the client has disconnected
    if (response.headersSent) return next(thrown);
    const problem = callersErrorOf(thrown);
    if (problem?.code === ErrorCode.UNAVAILABLE) {
      log.warn({ err: thrown, method: request.method, path: request.path }, problem.message);
    }
    if (problem) return sendProblem(response, problem);
    const id = randomUUID();
    log.error({ err: thrown, errorId: id, method: request.method, path: request.path }, 'A request failed');
    const message = `Something went wrong. The server's log has details under ${id}.`;
    sendProblem(response, { status: 500, code: ErrorCode.INTERNAL, message });
  };
}
