import type { ApolloServerPlugin } from '@apollo/server';
import { type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { RequestContext } from '../api/context.js';
import type { RequestLimits } from '../api/request-limits.js';
import { type QueryCost, refusalCost, requireAffordable } from './query-cost.js';

/**
 * Refuses operations that cost more than their caller may request, at once or in a short time. Every other response has its cost in
 * `extensions.cost`. Ends the caller's turn when the operation is complete; that of an upload when it begins to run, because the
 * queue of the inference threads lets uploads take turns.
 */
export function limitCost(schema: GraphQLSchema, limits: RequestLimits): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async ({ contextValue, request: { query = '', variables, http } }) => {
      let cost: QueryCost | null = null;
      return {
        didResolveOperation: async ({ document, operationName, operation }) => {
          cost = requireAffordable(schema, { document, operationName, variables }, contextValue.viewer);
          await limits.spend(contextValue, cost.requested);
          const isForm = http?.headers.get('content-type')?.startsWith('multipart/form-data');
          if (isForm && operation?.operation === OperationTypeNode.MUTATION) contextValue.endTurn?.();
        },
        didEncounterErrors: async () => {
          if (!cost) await limits.charge(contextValue, refusalCost(query));
        },
        willSendResponse: async ({ response: { body } }) => {
          contextValue.endTurn?.();
          if (!cost || body.kind !== 'single') return;
          body.singleResult.extensions = { ...body.singleResult.extensions, cost };
        },
      };
    },
  };
}
