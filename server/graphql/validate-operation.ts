import { type DocumentNode, GraphQLError, type GraphQLSchema, specifiedRules, validate } from 'graphql';
import { ErrorCode } from '../api/error-codes.js';
import { limits } from './limits.js';

/** Validates a document that does not run in Apollo Server, with the same rules, limits and error codes. */
export function validateOperation(schema: GraphQLSchema, document: DocumentNode): GraphQLError[] {
  return validate(schema, document, [...specifiedRules, ...limits]).map(
    ({ message, nodes }) =>
      new GraphQLError(message, { nodes, extensions: { code: ErrorCode.GRAPHQL_VALIDATION_FAILED } }),
  );
}
