import type { ApolloServer } from '@apollo/server';
import type { Request, Response } from 'express';
import {
  type ExecutionResult,
  type FormattedExecutionResult,
  getOperationAST,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  OperationTypeNode,
  parse,
  subscribe,
} from 'graphql';
import { once } from 'node:events';
import { z } from 'zod';
import type { RequestContext } from '../api/context.js';
import { badRequest, unauthenticated } from '../api/errors.js';
import type { AppServices } from '../graphql/app-services.js';
import { createErrorFormatter } from '../graphql/error-formatter.js';
import { MOST_TOKENS } from '../graphql/limits.js';
import { refusalCost } from '../graphql/query-cost.js';
import { refuseExpensive } from '../graphql/refuse-expensive.js';
import { codesOf, operationName as nameOfOperation } from '../graphql/record-operation.js';
import { textOf } from '../graphql/response-size.js';
import { validateOperation } from '../graphql/validate-operation.js';
import { viewerState } from '../graphql/viewer-changes.js';
import { unavailableOf } from '../outages/unavailable-of.js';
import { recordOf } from './access-log.js';
import { socketContext } from './request-context.js';

/** Proxies close connections on which nothing is sent: nginx after 60 s. */
const KEEP_ALIVE_MS = 12_000;

/** One operation, as a client sends it. */
interface SentOperation {
  query: string;
  operationName: string | null;
  variables: Record<string, unknown> | null;
}

/**
 * Operations over server-sent events, in the "distinct connections mode" of the GraphQL over SSE protocol
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md): one request for each operation, whose response has an event
 * `next` for each result and an event `complete` after the last. A stream that ends without `complete` is to be opened again.
 */
export class EventStreams {
  readonly #services: AppServices;
  readonly #schema: GraphQLSchema;
  readonly #apollo: ApolloServer<RequestContext>;
  readonly #formatError: (error: unknown) => GraphQLFormattedError;
  readonly #open = new Set<Response>();

  constructor(services: AppServices, schema: GraphQLSchema, apollo: ApolloServer<RequestContext>) {
    this.#services = services;
    this.#schema = schema;
    this.#apollo = apollo;
    this.#formatError = createErrorFormatter(services.log);
  }

  /**
   * Runs the operation of a request, and sends its results as events until it has ended, the client disconnects, or the session or
   * token ends. Errors of the operation are in a result, so that every client shows them.
   * @throws BAD_REQUEST for a request without a valid operation, or that a page of another site may have sent;
   *   OVERLOADED if the caller has too many operations in progress
   */
  async serve(request: Request, response: Response, context: RequestContext): Promise<void> {
    requireOwnPage(request);
    const sent = sentOperation(request);
    const operation = operationIn(sent);
    if (operation?.operation === OperationTypeNode.MUTATION && request.method === 'GET') {
      throw badRequest('A GET request cannot change anything. Send a mutation by POST.');
    }
    const finish = this.#services.limits.begin(context, 'operations');
    if (response.destroyed) return finish();
    response.once('close', finish);
    this.#begin(response);
    const send = async (result: FormattedExecutionResult) => {
      recordOf(response).codes.push(...codesOf(result));
      await write(response, 'next', textOf(result));
    };
    try {
      if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
        recordOf(response).operation = nameOfOperation(operation);
        await this.#follow(sent, request, response, context, send);
      } else {
        await send(await this.#execute(sent, context));
      }
    } catch (error) {
      await send({ errors: [this.#formatError(error)] });
    } finally {
      await write(response, 'complete');
      response.end();
    }
  }

  /** Ends all streams, so that clients open them again elsewhere. */
  close(): void {
    for (const response of this.#open) response.end();
  }

  #begin(response: Response): void {
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
    response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform', // compression would hold events back
      'X-Accel-Buffering': 'no', // nginx would too
    });
    response.write(':\n\n'); // some browsers wait for the first byte
  }

  async #execute(
    { query, operationName, variables }: SentOperation,
    contextValue: RequestContext,
  ): Promise<FormattedExecutionResult> {
    const operation = {
      query,
      ...(operationName !== null && { operationName }),
      ...(variables && { variables }),
    };
    const { body } = await this.#apollo.executeOperation(operation, { contextValue });
    return body.kind === 'single' ? body.singleResult : body.initialResult; // the schema has neither @defer nor @stream
  }

  /** Sends the results of a subscription while its user may see the same as at the beginning. */
  async #follow(
    sent: SentOperation,
    request: Request,
    response: Response,
    context: RequestContext,
    send: (result: FormattedExecutionResult) => Promise<void>,
  ): Promise<void> {
    const begun = await this.#subscribe(sent, context);
    context.endTurn?.();
    if (!(Symbol.asyncIterator in begun)) return send(this.#formatted(begun));
    const findViewer = async () => (await socketContext(this.#services, request, false)).viewer;
    const check = () => this.#check(response, context.viewer, findViewer);
    const keepAlive = async () => {
      if ((await check()) && !response.writableNeedDrain) response.write(':\n\n');
    };
    const timer = setInterval(() => void keepAlive(), KEEP_ALIVE_MS);
    response.once('close', () => {
      clearInterval(timer);
      void begun.return(undefined);
    });
    for await (const result of begun) {
      if (!(await check())) return;
      await send(this.#formatted(result));
    }
  }

  /**
   * Ends the stream if its user may not see the same any more, or if that is not known.
   * @returns whether the stream is still open
   */
  async #check(
    response: Response,
    viewer: RequestContext['viewer'],
    findViewer: () => Promise<RequestContext['viewer']>,
  ): Promise<boolean> {
    try {
      const state = await viewerState(viewer, findViewer);
      if (response.writableEnded || response.destroyed) return false;
      if (state === 'same') return true;
      if (state === 'signed out') {
        const error = this.#formatError(
          unauthenticated('The session or API token has ended. Sign in again.'),
        );
        recordOf(response).codes.push(...codesOf({ errors: [error] }));
        response.write(eventText('next', JSON.stringify({ errors: [error] })) + eventText('complete'));
      }
    } catch (error) {
      if (!unavailableOf(error)) this.#services.log.error({ err: error }, 'A stream could not be checked.');
    }
    response.end();
    return false;
  }

  async #subscribe(
    { query, operationName, variables }: SentOperation,
    context: RequestContext,
  ): Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
    const schema = this.#schema;
    const requestLimits = this.#services.limits;
    try {
      const document = parse(query, { maxTokens: MOST_TOKENS });
      const errors = validateOperation(schema, document);
      if (errors.length > 0) {
        await requestLimits.charge(context, refusalCost(query));
        return { errors };
      }
      const args = { schema, document, operationName, variableValues: variables, contextValue: context };
      const refused = await refuseExpensive(args, context, requestLimits);
      if (refused) return refused;
      return (await subscribe(args)) as AsyncGenerator<ExecutionResult> | ExecutionResult; // an AsyncIterable only in the library's types
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] };
      throw error;
    }
  }

  #formatted({ data, errors }: ExecutionResult): FormattedExecutionResult {
    return { ...(data !== undefined && { data }), ...(errors && { errors: errors.map(this.#formatError) }) };
  }
}

/** Whether the client prefers a stream of events to JSON. Clients that accept both list JSON first. */
export function prefersEventStream(request: Request): boolean {
  const types = ['application/json', 'application/graphql-response+json', 'text/event-stream'];
  return ['GET', 'POST'].includes(request.method) && request.accepts(types) === 'text/event-stream';
}

/** Media types that a page of any site may send without a preflight request (https://fetch.spec.whatwg.org/#cors-safelisted-request-header). */
const SIMPLE_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];

/**
 * Refuses what a page of another site may send with the cookie of its visitor. The same rule as for other operations, except that
 * an EventSource of an own page, which cannot set headers, is recognised by the header that browsers set.
 */
function requireOwnPage({ headers }: Request): void {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const isPreflighted =
    (type !== undefined && type !== '' && !SIMPLE_TYPES.includes(type)) ||
    Boolean(headers['apollo-require-preflight'] ?? headers['x-apollo-operation-name']);
  if (isPreflighted || headers['sec-fetch-site'] === 'same-origin') return;
  throw badRequest(
    'A page of another site could have sent this request. Send the operation as application/json, or with the header "Apollo-Require-Preflight: true" or an API token.',
  );
}

const SentOperation = z.object({
  query: z.string(),
  operationName: z.string().nullish().default(null),
  variables: z.record(z.string(), z.unknown()).nullish().default(null),
});

/** @throws BAD_REQUEST if there is none */
function sentOperation({ method, query, body }: Request): SentOperation {
  const { variables, ...others } = query;
  const parameters =
    method === 'GET'
      ? { ...others, ...(typeof variables === 'string' && { variables: jsonOf(variables) }) }
      : (body as unknown);
  const sent = SentOperation.safeParse(parameters);
  if (sent.success) {
    const { operationName, variables: given, query: text } = sent.data;
    return { query: text, operationName: operationName ?? null, variables: given ?? null };
  }
  throw badRequest(
    "Send the operation as the text 'query', with 'variables' as an object: in the body by POST, or as parameters of the address by GET.",
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // which is no object
  }
}

/** The operation of a document that can be parsed; null for any other. */
function operationIn({ query, operationName }: SentOperation) {
  try {
    return getOperationAST(parse(query, { maxTokens: MOST_TOKENS }), operationName);
  } catch {
    return null;
  }
}

/** Waits until the client has read enough of what was sent before. */
async function write(response: Response, event: 'next' | 'complete', data = ''): Promise<void> {
  if (response.writableEnded || response.destroyed) return;
  if (response.write(eventText(event, data))) return;
  const waited = new AbortController();
  const options = { signal: waited.signal };
  await Promise.race([once(response, 'drain', options), once(response, 'close', options)]);
  waited.abort(); // removes the listeners of the other
}

function eventText(event: 'next' | 'complete', data = ''): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}
