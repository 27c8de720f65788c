import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  type DocumentNode,
  type FieldNode,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLFormattedError,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { RequestContext } from '../api/context.js';
import { ErrorCode } from '../api/error-codes.js';
import { ruleOf } from './argument-rules.js';
import { faultsOfField, reportsUserErrors } from './check-arguments.js';

/** An operation of a document that has been validated. */
interface Operation {
  document: DocumentNode;
  operationName?: string | null | undefined;
  variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** A field of the operation that may be resolved. */
interface Place {
  /** Keys of the response. Not known below a list. */
  path: readonly string[] | null;
  /** Whether an error here leaves the response without data, because the field and all fields above it are non-null. */
  endsAll: boolean;
}

/**
 * The errors of all invalid arguments of an operation, one for each, if one of them leaves the response without data anyway; no errors
 * otherwise. graphql-js itself stops at the first. Fields with `userErrors` report their arguments there.
 */
export function argumentFaults(schema: GraphQLSchema, operation: Operation): GraphQLError[] {
  const definition = getOperationAST(operation.document, operation.operationName);
  const root = definition && schema.getRootType(definition.operation);
  if (!definition || !root) return [];
  const { coerced } = getVariableValues(
    schema,
    definition.variableDefinitions ?? [],
    operation.variables ?? {},
  );
  if (!coerced) return []; // execution reports variables that do not fit
  const found: { error: GraphQLError; endsAll: boolean }[] = [];

  const visitSelection = (type: GraphQLObjectType, selection: SelectionNode, place: Place): void => {
    if (!isIncluded(selection, coerced)) return;
    if (selection.kind === Kind.FIELD) return visitField(type, selection, place);
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection
        : fragmentOf(operation.document, selection.name.value);
    const condition = fragment?.typeCondition?.name.value ?? type.name;
    if (fragment && condition === type.name) visitAll(type, fragment.selectionSet, place);
  };
  const visitAll = (type: GraphQLObjectType, { selections }: SelectionSetNode, place: Place) => {
    for (const selection of selections) visitSelection(type, selection, place);
  };
  const visitField = (type: GraphQLObjectType, node: FieldNode, above: Place): void => {
    const field = type.getFields()[node.name.value];
    if (!field) return; // of introspection
    const path = above.path && [...above.path, node.alias?.value ?? node.name.value];
    const endsAll = above.endsAll && isNonNullType(field.type);
    if (field.args.length > 0 && !reportsUserErrors(field)) {
      const values = getArgumentValues(field, node, coerced);
      for (const { field: argument, message } of faultsOfField(type, field, values, ruleOf)) {
        const extensions = { code: ErrorCode.BAD_USER_INPUT, argument };
        found.push({ error: new GraphQLError(message, { nodes: node, path, extensions }), endsAll });
      }
    }
    const child = getNamedType(field.type);
    if (!node.selectionSet || !isObjectType(child)) return;
    visitAll(
      child,
      node.selectionSet,
      hasList(field.type) ? { path: null, endsAll: false } : { path, endsAll },
    );
  };

  visitAll(root, definition.selectionSet, { path: [], endsAll: true });
  return found.some(({ endsAll }) => endsAll) ? found.map(({ error }) => error) : [];
}

function fragmentOf({ definitions }: DocumentNode, name: string) {
  return definitions
    .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
    .find((definition) => definition.name.value === name);
}

function isIncluded(selection: SelectionNode, variables: Record<string, unknown>): boolean {
  if (!selection.directives?.length) return true;
  const skip = getDirectiveValues(GraphQLSkipDirective, selection, variables);
  const include = getDirectiveValues(GraphQLIncludeDirective, selection, variables);
  return skip?.if !== true && include?.if !== false;
}

function hasList(type: GraphQLOutputType): boolean {
  return isListType(type) || (isNonNullType(type) && hasList(type.ofType));
}

/** Answers with all of these errors at once instead of running the operation. */
export function reportArgumentFaults(
  schema: GraphQLSchema,
  formatError: (error: unknown) => GraphQLFormattedError,
): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async ({ contextValue, request: { variables } }) => ({
      responseForOperation: async ({ document, operationName }) => {
        if (!contextValue.viewer) return null; // the operation asks the caller to sign in
        const errors = argumentFaults(schema, { document, operationName, variables });
        if (errors.length === 0) return null;
        const singleResult = { data: null, errors: errors.map(formatError) };
        return { body: { kind: 'single', singleResult }, http: { headers: new HeaderMap() } };
      },
    }),
  };
}
