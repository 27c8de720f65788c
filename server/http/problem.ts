import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler, Response } from 'express';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { z } from 'zod';
import { recordOf } from './access-log.js';
import { ErrorCode } from '../api/errors.js';
import { UserErrorCode, UserErrorException } from '../api/user-error.js';
import { unavailableOf } from '../outages/unavailable-of.js';

/** Why a request outside GraphQL failed: a status, and the body `{ error, code }`. */
export interface Problem {
  status: number;
  code: string;
  error: string;
  /** Seconds after which to try again, where this is known. */
  retryAfter?: string | undefined;
}

/** What an error of `overloaded` says about the HTTP response. */
const OverloadedHttp = z.object({ status: z.number(), headers: z.map(z.string(), z.string()) });
/** The status of an error that has another one than its code. */
const WithStatus = z.object({ status: z.number() });

const statusOfUserError: Record<UserErrorCode, number> = {
  INVALID: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  UNREADABLE_IMAGE: 422,
  GATE_FAILED: 409,
  NO_ACTIVE_MODEL: 503,
  OVERLOADED: 503,
};

const statusOfCode = new Map<unknown, number>([
  [ErrorCode.UNAUTHENTICATED, 401],
  [ErrorCode.FORBIDDEN, 403],
  [ErrorCode.BAD_USER_INPUT, 400],
  [ErrorCode.STORED_IMAGE_MISSING, 500],
  [ErrorCode.STORED_IMAGE_DAMAGED, 500],
  [ErrorCode.MODEL_FILE_MISSING, 500],
  [ErrorCode.MODEL_FILE_DAMAGED, 500],
]);

/** The error for the caller; null for internal errors. */
export function problemOf(thrown: unknown): Problem | null {
  if (thrown instanceof UserErrorException) {
    const code = thrown.errors[0]?.code ?? UserErrorCode.INVALID;
    return { status: statusOfUserError[code], code, error: thrown.message };
  }
  if (thrown instanceof GraphQLError) {
    const { code, http } = thrown.extensions;
    if (code === ErrorCode.OVERLOADED) {
      const { status, headers } = OverloadedHttp.parse(http);
      return { status, code, error: thrown.message, retryAfter: headers.get('retry-after') };
    }
    const status = WithStatus.safeParse(http).data?.status ?? statusOfCode.get(code);
    return status === undefined ? null : { status, code: String(code), error: thrown.message };
  }
  if (thrown instanceof URIError) {
    return {
      status: 400,
      code: ErrorCode.BAD_USER_INPUT,
      error: 'The address contains a % that is not followed by a valid code.',
    };
  }
  // Express and its body parsers throw http-errors: `expose` says that the message is for the caller.
  if (thrown instanceof Error && 'expose' in thrown && thrown.expose === true && 'status' in thrown) {
    const status = Number(thrown.status);
    const code = status === 413 ? UserErrorCode.TOO_LARGE : ErrorCode.BAD_USER_INPUT;
    return { status, code, error: thrown.message };
  }
  const unavailable = unavailableOf(thrown);
  return unavailable && { status: 503, code: ErrorCode.UNAVAILABLE, error: unavailable.message };
}

export function sendProblem(response: Response, problem: Problem): void {
  const { status, code, error } = problem;
  recordOf(response).codes.push(code);
  if (status === 401) response.set('WWW-Authenticate', 'Bearer');
  setRetryAfter(response, problem);
  response.set('Cache-Control', 'no-store');
  response.status(status).json({ error, code });
}

/** Sets the header that says when to try again, for a busy server or a limit of one caller. */
export function setRetryAfter(
  response: Response,
  { status, retryAfter = RETRY_AFTER_SECONDS }: Problem,
): void {
  if (status === 503 || status === 429) response.set('Retry-After', retryAfter);
}

/** How long clients should wait if this server or a dependency is busy or unavailable. */
const RETRY_AFTER_SECONDS = '1';

/** Express's last handler: returns every error as JSON, an internal error as an id that is also in the log. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    if (response.destroyed) return; // the client has disconnected
    if (response.headersSent) return next(thrown);
    const problem = problemOf(thrown);
    if (problem?.code === ErrorCode.UNAVAILABLE) {
      log.warn({ err: thrown, method: request.method, path: request.path }, problem.error);
    }
    if (problem) return sendProblem(response, problem);
    const id = randomUUID();
    log.error({ err: thrown, errorId: id, method: request.method, path: request.path }, 'A request failed');
    const error = `Something went wrong. The server's log has details under ${id}.`;
    sendProblem(response, { status: 500, code: ErrorCode.INTERNAL, error });
  };
}
