import type { ApolloServerPlugin } from '@apollo/server';
import { OperationTypeNode } from 'graphql';
import { badRequest } from '../api/errors.js';

/** Refuses subscriptions in requests whose response is one result. */
export const refuseSubscriptions: ApolloServerPlugin = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return;
      throw badRequest(
        'A subscription needs a response that stays open. Send it to this address over WebSocket (graphql-transport-ws), or with the ' +
          'header "Accept: text/event-stream".',
      );
    },
  }),
};
