import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { RequestContext } from '../api/context.js';
import type { RequestLimits } from '../api/request-limits.js';
import { type QueryCost, requireAffordable } from './query-cost.js';

/** Refuses operations that cost more than their caller may request, at once or in a short time. Every other response has its cost in `extensions.cost`. */
export function limitCost(schema: GraphQLSchema, limits: RequestLimits): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => {
      let cost: QueryCost | null = null;
      return {
        didResolveOperation: async ({ document, operationName, request: { variables }, contextValue }) => {
          cost = requireAffordable(schema, { document, operationName, variables }, contextValue.viewer);
          await limits.spend(contextValue, cost.requested);
        },
        willSendResponse: async ({ response: { body } }) => {
          if (!cost || body.kind !== 'single') return;
          body.singleResult.extensions = { ...body.singleResult.extensions, cost };
        },
      };
    },
  };
}
