import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
  OperationTypeNode,
} from 'graphql';
import type { RequestContext } from '../api/context.js';
import { dependsOnAnswer } from '../features/predictions/conditions-by-prediction.js';
import type { PredictionPage, PredictionsArguments } from '../features/predictions/list-predictions.js';
import { markAllSeen, markSeen, type Shown } from '../features/readings/mark-answers-seen.js';

type FieldsOfTypes = Readonly<Record<string, readonly string[]>>;

/** The fields that say what the model or a reviewer found in a cell, of objects that name a prediction. */
export const ANSWERS: FieldsOfTypes = {
  Prediction: [
    ...['label', 'outcome', 'confidence', 'probabilities', 'thresholdLabel', 'cellType', 'cellTypes'],
    ...['outOfDistributionScore', 'evidenceMapUrl', 'shadowAnswers', 'reviews', 'finalLabel', 'finalVerdict'],
    'deviceAnswer',
  ],
  Review: ['verdict', 'label', 'cellType', 'comment', 'agreesWithModel'],
};

/** The fields that say what was found in all cells of a case, of objects that name the case. */
export const ANSWERS_OF_CASES: FieldsOfTypes = {
  Case: ['differential'],
  Report: ['conclusion', 'content'],
  ReportDraft: ['conclusion', 'supportingCells'],
};

/**
 * Records what the readers of open blind readings see outside of these, before a query or a subscription answers. A mutation answers about what
 * its caller has just sent or reviewed. Changes `schema`.
 */
export function markSeenAnswers(schema: GraphQLSchema): void {
  wrapEach(schema, ANSWERS, 'predictions', predictionIdOf);
  wrapEach(schema, ANSWERS_OF_CASES, 'cases', caseIdOf);
  wrap(schema, 'Query', 'predictions', (resolve) => async (source, values, context, info) => {
    const page = (await resolve(source, values, context, info)) as PredictionPage;
    const { filter } = values as PredictionsArguments;
    // Who finds a cell with a filter by the answer knows the answer, also without a field of it.
    if (filter && dependsOnAnswer(filter)) {
      const ids = page.edges.map(({ node }) => node.id);
      await markAllSeen(context, 'predictions', ids);
    }
    return page;
  });
}

function wrapEach(
  schema: GraphQLSchema,
  types: FieldsOfTypes,
  shown: Shown,
  idOf: (source: object) => unknown,
): void {
  for (const [typeName, fields] of Object.entries(types)) {
    for (const fieldName of fields) {
      wrap(schema, typeName, fieldName, (resolve) => (source, values, context, info) => {
        const id = isWatched(info) && typeof source === 'object' && source !== null ? idOf(source) : null;
        const isOnce = info.operation.operation === OperationTypeNode.QUERY;
        const marked = typeof id === 'string' ? markSeen(context, shown, id, isOnce) : null;
        const answer = (): unknown => resolve(source, values, context, info);
        return marked ? marked.then(answer) : answer();
      });
    }
  }
}

type Resolve = GraphQLFieldResolver<unknown, RequestContext>;

function wrap(
  schema: GraphQLSchema,
  typeName: string,
  fieldName: string,
  wrapped: (resolve: Resolve) => Resolve,
): void {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`The schema has no type ${typeName}.`);
  const field = type.getFields()[fieldName];
  if (!field) throw new Error(`The type ${typeName} has no field ${fieldName}.`);
  field.resolve = wrapped(field.resolve ?? defaultFieldResolver);
}

const isWatched = ({ operation }: GraphQLResolveInfo) => operation.operation !== OperationTypeNode.MUTATION;

/** The id of a prediction, or of the prediction that a review is about. */
function predictionIdOf(source: object): unknown {
  return 'predictionId' in source ? source.predictionId : 'id' in source ? source.id : null;
}

/** The id of a case, or of the case that a report is of. */
function caseIdOf(source: object): unknown {
  return 'caseId' in source ? source.caseId : 'id' in source ? source.id : null;
}
