import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import type { RequestContext, Services } from '../api/context.js';
import { callersErrorOf } from '../api/callers-error.js';
import { ErrorCode } from '../api/error-codes.js';
import { unauthenticated } from '../api/errors.js';
import type { AppServices } from '../graphql/app-services.js';
import { codesOf } from '../graphql/record-operation.js';
import { createErrorFormatter } from '../graphql/error-formatter.js';
import { LARGEST_OPERATION_OF_STRANGERS } from '../graphql/limits.js';
import { recordOf } from './access-log.js';
import { type EventStreams, prefersEventStream } from './event-streams.js';
import { setHeadersOf } from './problem.js';
import { bearerTokenOf, httpContext } from './request-context.js';
import { readMultipartOperation } from './uploads.js';

// An operation and its variables; files are other parts of a multipart request.
const LARGEST_OPERATION = 1_000_000;

/** How long such an operation may take to arrive. */
const STRANGERS_BODY_MS = 10_000;

/**
 * GraphQL over HTTP: POST and GET, and multipart requests (graphql-multipart-request-spec) with images or a model's files. The response
 * is JSON, or a stream of events for clients that prefer one.
 */
export function graphqlRoute(
  services: AppServices,
  apollo: ApolloServer<RequestContext>,
  streams: EventStreams,
): Router {
  const contexts = new WeakMap<object, RequestContext>();
  const identify: RequestHandler = async (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    // Browsers add a Bearer token only where a page of another site may, after a preflight request. So such a request needs no further
    // header against forged requests. An invalid token is refused, never replaced by the cookie.
    if (bearerTokenOf(request) !== null) request.headers['apollo-require-preflight'] = 'true';
    contexts.set(request, await httpContext(services, request, response));
    next();
  };
  // Before any byte of a file is read. Only signing in is allowed without a session, and it needs no file.
  const refuseFilesOfStrangers: RequestHandler = (request, _response, next) => {
    next(request.is('multipart/form-data') && !contexts.get(request)?.viewer ? unauthenticated() : undefined);
  };
  const { maxUploadBytes, maxArtifactBytes } = services.config;
  const limits = {
    maxFieldSize: LARGEST_OPERATION,
    maxFileSize: Math.max(maxUploadBytes, maxArtifactBytes) + 1, // one byte more shows that the file is too large
  };
  const readForm: RequestHandler = async (request, response, next) => {
    if (request.is('multipart/form-data')) {
      const { operation, formRead } = await readMultipartOperation(request, response, limits);
      request.body = operation;
      const identified = contexts.get(request);
      if (identified) identified.formRead = formRead;
    }
    next();
  };
  const takeTurn: RequestHandler = async (request, response, next) => {
    const identified = contexts.get(request);
    if (identified) {
      identified.endTurn = await services.limits.turn(identified, identified.signal);
      response.once('close', identified.endTurn);
    }
    next();
  };
  const streamEvents: RequestHandler = async (request, response, next) => {
    const identified = contexts.get(request);
    if (!identified || !prefersEventStream(request)) return next();
    await streams.serve(request, response, identified);
  };
  const context = async ({ req, res }: { req: express.Request; res: express.Response }) =>
    contexts.get(req) ?? httpContext(services, req, res);

  const readJson = express.json({ limit: LARGEST_OPERATION });
  const readJsonOfStrangers = express.json({ limit: LARGEST_OPERATION_OF_STRANGERS });
  const readOperation: RequestHandler = (request, response, next) => {
    if (contexts.get(request)?.viewer) return readJson(request, response, next);
    const timer = setTimeout(() => refuseSlowBody(request, response), STRANGERS_BODY_MS);
    readJsonOfStrangers(request, response, (error?: unknown) => {
      clearTimeout(timer);
      next(error);
    });
  };

  const route = Router();
  route.use(identify, refuseFilesOfStrangers, readOperation);
  route.use(readForm, takeTurn, streamEvents);
  route.use(expressMiddleware(apollo, { context }));
  route.use(graphqlErrorHandler(services));
  return route;
}

/** Ends a request whose body is still arriving. */
function refuseSlowBody(request: express.Request, response: express.Response): void {
  const seconds = STRANGERS_BODY_MS / 1000;
  const error = {
    message: `The request did not arrive within ${seconds} s. Sign in first, or send it faster.`,
    extensions: { code: ErrorCode.REQUEST_TIMED_OUT },
  };
  recordOf(response).codes.push(ErrorCode.REQUEST_TIMED_OUT);
  response.once('finish', () => request.destroy());
  sendError(request, response.status(408).set('Connection', 'close'), error);
}

/**
 * Some clients read the errors of a response with a status of 400 or more only if it has the media type of GraphQL, for which they ask
 * (https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types).
 */
function sendError(request: express.Request, response: express.Response, error: object): void {
  const type = request.accepts(['application/json', 'application/graphql-response+json']);
  response.type(type || 'application/json').json({ errors: [error] });
}

/** Formats errors that occur before Apollo sees the request as GraphQL errors too. */
function graphqlErrorHandler({ log }: Services): ErrorRequestHandler {
  const formatError = createErrorFormatter(log);
  return (thrown, request, response, next) => {
    if (response.destroyed) return; // the client has disconnected
    if (response.headersSent) return next(thrown);
    const known = callersErrorOf(thrown);
    if (known) setHeadersOf(response, known);
    const error = formatError(thrown);
    recordOf(response).codes.push(...codesOf({ errors: [error] }));
    sendError(request, response.status(known?.status ?? 500), error);
  };
}
