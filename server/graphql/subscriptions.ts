import { type GraphQLSchema, parse, specifiedRules, validate } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { WebSocketServer } from 'ws';
import type { RequestContext } from '../api/context.js';
import { createErrorFormatter } from './error-formatter.js';
import { limits, MOST_TOKENS } from './limits.js';

/**
 * Serves operations over WebSocket (the graphql-transport-ws protocol), with the limits and the errors of HTTP.
 * `createContext` is called for each operation and each event, so that a subscription ends with the session it began in.
 */
export function serveSubscriptions(
  sockets: WebSocketServer,
  schema: GraphQLSchema,
  createContext: (request: IncomingMessage) => Promise<RequestContext>,
  log: Logger,
): { close(): Promise<void> } {
  const formatError = createErrorFormatter(log);
  const server = useServer(
    {
      schema,
      parse: (source, options) => parse(source, { ...options, maxTokens: MOST_TOKENS }),
      validate: (validated, document) => validate(validated, document, [...specifiedRules, ...limits]),
      context: ({ extra }) => createContext(extra.request),
      onError: (_context, _id, _payload, errors) => errors.map(formatError),
      onNext: async ({ extra }, _id, _payload, { contextValue }, { data, errors }) => {
        const begun = contextValue as RequestContext; // from `context` above
        if (begun.viewer && !(await createContext(extra.request)).viewer) {
          extra.socket.close(CloseCode.Forbidden, 'The session has ended.'); // and nothing more is sent
        }
        return errors ? { data, errors: errors.map(formatError) } : undefined;
      },
    },
    sockets,
  );
  return { close: async () => server.dispose() };
}
