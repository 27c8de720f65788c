import type { ApolloServerPlugin } from '@apollo/server';
import { type DocumentNode, Kind, type OperationDefinitionNode } from 'graphql';
import type { RequestContext } from '../api/context.js';

const LONGEST_NAME = 200;

/** The kind and the root fields of an operation, such as 'mutation classify' or 'query model, models'. */
export function operationName({ operation, selectionSet }: OperationDefinitionNode): string {
  const fields = selectionSet.selections.map((part) => (part.kind === Kind.FIELD ? part.name.value : '…'));
  return `${operation} ${[...new Set(fields)].sort().join(', ')}`.slice(0, LONGEST_NAME);
}

/** The operation of a document that has one. */
export function operationOf({ definitions }: DocumentNode): OperationDefinitionNode | undefined {
  return definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
}

/** The codes of all errors of an answer: those of GraphQL, and those in the `userErrors` of payloads. */
export function codesOf({ data, errors }: { data?: unknown; errors?: readonly object[] }): string[] {
  const codes = (errors ?? []).map((error) => codeOf('extensions' in error ? error.extensions : null));
  const payloads: unknown[] = typeof data === 'object' && data !== null ? Object.values(data) : [];
  for (const payload of payloads) {
    if (typeof payload !== 'object' || payload === null || !('userErrors' in payload)) continue;
    if (Array.isArray(payload.userErrors)) codes.push(...payload.userErrors.map(codeOf));
  }
  return codes;
}

/** The code of an error; undefined if the client did not select the code of a user error. */
function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : 'USER_ERROR';
}

/** Records the operation and its result in the context's record. */
export const recordOperation: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation, contextValue: { record } }) => {
      if (record && operation) record.operation = operationName(operation);
    },
    willSendResponse: async ({ response: { body }, contextValue: { record } }) => {
      if (record && body.kind === 'single') record.codes.push(...codesOf(body.singleResult));
    },
  }),
};
