import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Server } from 'node:http';
import type { RequestContext } from '../api/context.js';
import { reportArgumentFaults } from './argument-faults.js';
import type { AppServices } from './app-services.js';
import { cacheHeaders } from './cache-headers.js';
import { createErrorFormatter } from './error-formatter.js';
import { limitCost } from './limit-cost.js';
import { statusOfErrors } from './status-of-errors.js';
import { recordOperation } from './record-operation.js';
import { refuseSubscriptions } from './refuse-subscriptions.js';
import { limits, MOST_TOKENS } from './limits.js';
import { limitResponses, textOf } from './response-size.js';

/** Starts Apollo Server for the schema. When stopped, it waits for the requests of `httpServer` to finish. */
export async function startApolloServer(
  schema: GraphQLSchema,
  httpServer: Server,
  { log, limits: requestLimits }: Pick<AppServices, 'log' | 'limits'>,
): Promise<ApolloServer<RequestContext>> {
  const formatError = createErrorFormatter(log);
  const server = new ApolloServer<RequestContext>({
    schema,
    validationRules: limits,
    parseOptions: { maxTokens: MOST_TOKENS },
    csrfPrevention: true,
    introspection: true, // the contract is public; its cost is limited
    hideSchemaDetailsFromClientErrors: true, // no names of similar fields in errors
    persistedQueries: { ttl: null }, // kept in a cache of 30 MiB, from which the least recently used are dropped
    includeStacktraceInErrorResponses: false,
    formatError: (_formatted, error) => formatError(error),
    stopOnTerminationSignals: false, // main.ts stops all parts in order
    stringifyResult: textOf,
    logger: log,
    plugins: [
      refuseSubscriptions,
      limitCost(schema, requestLimits),
      reportArgumentFaults(schema, formatError),
      limitResponses(),
      cacheHeaders,
      recordOperation,
      statusOfErrors,
      ApolloServerPluginDrainHttpServer({ httpServer }),
      // The page would load its code from Apollo's servers, which the content security policy and hospital networks block.
      ApolloServerPluginLandingPageDisabled(),
      // It would search every field of every response for cache hints that no type here has.
      ApolloServerPluginCacheControlDisabled(),
    ],
  });
  await server.start();
  return server;
}
