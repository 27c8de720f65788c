import { execute, type ExecutionArgs, GraphQLError, type GraphQLSchema, parse, subscribe } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { IncomingMessage } from 'node:http';
import type { WebSocketServer } from 'ws';
import { z } from 'zod';
import { ErrorCode } from '../api/error-codes.js';
import { badUserInput } from '../api/errors.js';
import type { RequestContext, Viewer } from '../api/context.js';
import { unavailableOf } from '../outages/unavailable-of.js';
import type { AppServices } from './app-services.js';
import { createErrorFormatter } from './error-formatter.js';
import { codesOf, operationName, operationOf } from './record-operation.js';
import type { RequestRecord } from '../api/request-record.js';
import { LARGEST_OPERATION_OF_STRANGERS, MOST_TOKENS } from './limits.js';
import { tooLargeToSend } from './response-size.js';
import { refusalCost } from './query-cost.js';
import { refuseExpensive } from './refuse-expensive.js';
import { validateOperation } from './validate-operation.js';
import { nullIfUnauthenticated, viewerState } from './viewer-changes.js';

/** https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number */
const TRY_AGAIN_LATER = 1013;
/** How long the answer to who the user of a connection is holds for further events, in milliseconds. */
const CHECKED_MS = 50;
/** Maximum length of the reason in a close frame, in bytes. */
const LONGEST_REASON = 123;

/** An operation in progress. */
interface UnderWay {
  record: RequestRecord;
  /** By `performance.now()`. */
  begun: number;
  /** Takes it off the caller's count. */
  finish: () => void;
}

/** What is known of a connection while it is open. */
interface Connection {
  operations: Set<UnderWay>;
  /** Aborted when the connection closes. */
  closed: AbortController;
}

/**
 * Maximum number of operations in progress on one connection; the web app needs a few. They run concurrently and continue
 * after the connection closes, so without a limit one client could block the server for all others.
 */
const MOST_OPERATIONS = 100;

/**
 * Serves operations over WebSocket (the graphql-transport-ws protocol), with the limits and the errors of HTTP.
 * `createContext` is called for each operation and each event, so that a subscription ends with its session.
 */
export function serveSubscriptions(
  sockets: WebSocketServer,
  schema: GraphQLSchema,
  createContext: (request: IncomingMessage, isUse: boolean) => Promise<RequestContext>,
  { log, metrics, limits: requestLimits }: Pick<AppServices, 'log' | 'metrics' | 'limits'>,
): { close(): Promise<void> } {
  const formatError = createErrorFormatter(log);
  const contexts = new WeakMap<object, RequestContext>();
  const connections = new WeakMap<object, Connection>();
  const connectionOf = (socket: object) => {
    const known = connections.get(socket) ?? {
      operations: new Set<UnderWay>(),
      closed: new AbortController(),
    };
    connections.set(socket, known);
    return known;
  };
  /** By the payload that started the operation: a client may use an id again before its first operation has ended. */
  const underWay = new WeakMap<object, UnderWay>();
  /** Counts an operation of the caller. Throws OVERLOADED if the caller has too many in progress. */
  const begin = ({ operations, closed }: Connection, payload: object, { viewer, ip }: RequestContext) => {
    closed.signal.throwIfAborted();
    const finish = requestLimits.begin({ viewer, ip }, 'operations');
    const record = { operation: null, account: viewer?.id ?? null, address: ip, codes: [] };
    const started = { record, begun: performance.now(), finish };
    operations.add(started);
    underWay.set(payload, started);
  };
  /** The user of a connection now; null if the session has ended. Events that follow each other quickly share one answer. */
  const checks = new WeakMap<object, { viewer: Promise<Viewer | null>; at: number }>();
  const viewerNow = ({ socket, request }: { socket: object; request: IncomingMessage }) => {
    const known = checks.get(socket);
    if (known && performance.now() - known.at < CHECKED_MS) return known.viewer;
    const viewer = createContext(request, false).then((context) => context.viewer, nullIfUnauthenticated);
    checks.set(socket, { viewer, at: performance.now() });
    return viewer;
  };
  /** One line in the access log, and one count, for each operation. */
  const finished = (socket: object, payload: object) => {
    const ended = underWay.get(payload);
    if (!ended) return;
    underWay.delete(payload);
    connectionOf(socket).operations.delete(ended);
    ended.finish();
    const { operation, account, address, codes } = ended.record;
    const durationMs = Math.round((performance.now() - ended.begun) * 10) / 10;
    const outcome = codes[0] ?? 'OK';
    metrics.requested({ route: 'websocket', operation, status: 101, outcome, seconds: durationMs / 1000 });
    const line = {
      method: 'WS',
      path: '/graphql',
      operation,
      account,
      address,
      status: 101,
      outcome,
      durationMs,
    };
    log.info(line, 'request');
  };
  const refuse = (args: ExecutionArgs) =>
    refuseExpensive(args, args.contextValue as RequestContext, requestLimits); // from `context` below
  const server = useServer(
    {
      schema,
      parse: (source, options) => parse(source, { ...options, maxTokens: MOST_TOKENS }),
      validate: validateOperation,
      execute: async (args: ExecutionArgs) => (await refuse(args)) ?? execute(args),
      subscribe: async (args: ExecutionArgs) => (await refuse(args)) ?? subscribe(args),
      onConnect: ({ extra: { request }, connectionParams }) => {
        // Browsers cannot set headers of a WebSocket, and many clients send the token here.
        request.headers.authorization ??= authorizationIn(connectionParams);
      },
      // If `context` throws, the socket is closed with a code that stops clients from retrying; here an error can be sent.
      onSubscribe: async ({ extra: { socket, request }, subscriptions }, id, payload) => {
        if (Object.keys(subscriptions).length > MOST_OPERATIONS) return [tooManyOperations()];
        try {
          const connection = connectionOf(socket);
          const context = { ...(await createContext(request, true)), signal: connection.closed.signal };
          if (!(id in subscriptions)) return [cancelled()]; // by the client; it is not sent
          begin(connection, payload, context);
          contexts.set(payload, context);
          // Before the document is parsed.
          await requestLimits.refuseIfUsedUp(context, context.signal);
          if (!context.viewer && payload.query.length > LARGEST_OPERATION_OF_STRANGERS) return [tooLong()];
        } catch (error) {
          if (error instanceof GraphQLError) return [error];
          const originalError = error instanceof Error ? error : new Error(String(error));
          return [new GraphQLError(originalError.message, { originalError })];
        }
      },
      context: async ({ extra }, _id, payload) =>
        contexts.get(payload) ?? (await createContext(extra.request, true)),
      onOperation: (_context, _id, payload, { document }) => {
        const operation = operationOf(document);
        const started = underWay.get(payload);
        if (operation && started) started.record.operation = operationName(operation);
      },
      onComplete: ({ extra }, _id, payload) => finished(extra.socket, payload),
      onClose: ({ extra }) => {
        const { operations, closed } = connectionOf(extra.socket);
        closed.abort(badUserInput('The connection was closed before the answer.'));
        for (const { finish } of operations) finish();
      },
      onError: async ({ extra }, _id, payload, errors) => {
        const caller = contexts.get(payload);
        if (caller) await requestLimits.charge(caller, refusalCost(payload.query));
        const formatted = errors.map(formatError);
        underWay.get(payload)?.record.codes.push(...codesOf({ errors: formatted }));
        finished(extra.socket, payload);
        return formatted;
      },
      onNext: async ({ extra }, _id, payload, { contextValue }, { data, errors }) => {
        const begun = contextValue as RequestContext; // from `context` above
        const isSubscription = underWay.get(payload)?.record.operation?.startsWith('subscription ');
        try {
          const state = await viewerState(begun.viewer, () => viewerNow(extra));
          if (state === 'signed out') {
            extra.socket.close(CloseCode.Forbidden, 'The session has ended.'); // nothing more is sent
          } else if (state === 'changed' && isSubscription) {
            // Clients reconnect automatically, and then get what the user may see now.
            extra.socket.close(TRY_AGAIN_LATER, 'Your roles or sites have changed. Connect again.');
          }
        } catch (error) {
          const unavailable = unavailableOf(error);
          if (!unavailable) throw error;
          // The session may have ended: nothing more is sent until that is known. Clients reconnect automatically.
          extra.socket.close(TRY_AGAIN_LATER, unavailable.message.slice(0, LONGEST_REASON));
        }
        const formatted = errors?.map(formatError);
        underWay.get(payload)?.record.codes.push(...codesOf({ data, errors: formatted }));
        const isQuery = underWay.get(payload)?.record.operation?.startsWith('query ');
        const tooLarge = isQuery ? tooLargeToSend({ data }) : null;
        if (tooLarge) return { errors: [formatError(tooLarge)] };
        return formatted ? { data, errors: formatted } : undefined;
      },
    },
    sockets,
  );
  return { close: async () => server.dispose() };
}

/** The value of 'Authorization', in any spelling, among the parameters or in their `headers`. */
function authorizationIn(params: Record<string, unknown> | undefined): string | undefined {
  const { headers = {} } =
    z.object({ headers: z.record(z.string(), z.unknown()) }).safeParse(params).data ?? {};
  const found = Object.entries({ ...headers, ...params }).find(
    ([name]) => name.toLowerCase() === 'authorization',
  );
  return typeof found?.[1] === 'string' ? found[1] : undefined;
}

function cancelled(): GraphQLError {
  return badUserInput('The operation was cancelled before it started.');
}

function tooLong(): GraphQLError {
  return new GraphQLError(
    `An operation has at most ${LARGEST_OPERATION_OF_STRANGERS.toLocaleString('en-GB')} characters without signing in.`,
    { extensions: { code: ErrorCode.TOO_LARGE } },
  );
}

function tooManyOperations(): GraphQLError {
  return badUserInput(
    `A connection has at most ${MOST_OPERATIONS} operations under way: wait until some have ended.`,
  );
}
