import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import { graphqlUploadExpress, Upload } from 'graphql-upload-minimal';
import { z } from 'zod';
import type { RequestContext, Services } from '../api/context.js';
import { badUserInput, ErrorCode, unauthenticated } from '../api/errors.js';
import { createErrorFormatter } from '../graphql/error-formatter.js';
import { problemOf, RETRY_AFTER_SECONDS } from './problem.js';
import { httpContext } from './request-context.js';

// An operation and its variables; files come beside it, in a multipart request.
const LARGEST_OPERATION = 1_000_000;
/** Those of a model version. */
const MOST_FILES = 4;

/** GraphQL over HTTP: POST and GET as JSON, and multipart requests (graphql-multipart-request-spec) with one image or a model's files. */
export function graphqlRoute(services: Services, apollo: ApolloServer<RequestContext>): Router {
  const contexts = new WeakMap<object, RequestContext>();
  const identify: RequestHandler = async (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    contexts.set(request, await httpContext(services, request, response));
    next();
  };
  // Before a byte of a file is read. Only signing in is for strangers, and that needs no file.
  const refuseFilesOfStrangers: RequestHandler = (request, _response, next) => {
    next(request.is('multipart/form-data') && !contexts.get(request)?.viewer ? unauthenticated() : undefined);
  };
  const context = async ({ req, res }: { req: express.Request; res: express.Response }) =>
    contexts.get(req) ?? httpContext(services, req, res);

  const { maxUploadBytes, maxArtifactBytes } = services.config;
  const route = Router();
  route.use(identify, refuseFilesOfStrangers, drainUnreadBody);
  route.use(express.json({ limit: LARGEST_OPERATION }));
  route.use(
    graphqlUploadExpress({
      maxFieldSize: LARGEST_OPERATION,
      maxFileSize: Math.max(maxUploadBytes, maxArtifactBytes) + 1, // one more shows that there is more
      maxFiles: MOST_FILES,
    }),
  );
  route.use(refuseScatteredFiles);
  route.use(expressMiddleware(apollo, { context }));
  route.use(graphqlErrorHandler(services));
  return route;
}

/**
 * An operation can end before it has read the file that came with it. What is still to come is then read and dropped:
 * left unread, it would block the connection for the next request until that times out.
 */
const drainUnreadBody: RequestHandler = (request, response, next) => {
  response.once('finish', () => {
    request.unpipe();
    request.resume();
  });
  next();
};

/**
 * The parser hands a file out when those before it have been read. An operation that takes a list of files reads them side
 * by side, but one that waits for one file and reads another later, or never, would wait for as long as its client does.
 * So the files of a request are one variable: one file, or one list of them.
 */
const refuseScatteredFiles: RequestHandler = (request, _response, next) => {
  const { data: operation } = WithVariables.safeParse(request.body);
  const holdsFile = (value: unknown) => value instanceof Upload;
  const withFiles = Object.values(operation?.variables ?? {}).filter(
    (value) => holdsFile(value) || (Array.isArray(value) && value.some(holdsFile)),
  );
  const message = 'The files of a request are one variable: one file, or one list of files.';
  next(withFiles.length > 1 ? badUserInput(message) : undefined);
};

const WithVariables = z.looseObject({ variables: z.record(z.string(), z.unknown()) });

/** What fails before Apollo sees the request answers in GraphQL's form all the same. */
function graphqlErrorHandler({ log }: Services): ErrorRequestHandler {
  const formatError = createErrorFormatter(log);
  return (thrown, _request, response, next) => {
    if (response.destroyed) return; // whoever asked has gone
    if (response.headersSent) return next(thrown);
    const problem = problemOf(thrown);
    if (problem?.code === ErrorCode.UNAVAILABLE) log.warn({ err: thrown }, problem.error);
    if (problem?.status === 503) response.set('Retry-After', RETRY_AFTER_SECONDS);
    const error = problem
      ? { message: problem.error, extensions: { code: problem.code } }
      : formatError(thrown);
    response.status(problem?.status ?? 500).json({ errors: [error] });
  };
}
