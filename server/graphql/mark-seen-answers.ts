import { defaultFieldResolver, type GraphQLSchema, isObjectType, OperationTypeNode } from 'graphql';
import type { RequestContext } from '../api/context.js';
import { markAnswerSeen } from '../features/readings/mark-answers-seen.js';

/** The fields that say what the model or a reviewer found in a cell, of objects that name a prediction. */
export const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  Prediction: [
    ...['label', 'outcome', 'confidence', 'probabilities', 'thresholdLabel', 'cellType', 'cellTypes'],
    ...['outOfDistributionScore', 'evidenceMapUrl', 'shadowAnswers', 'reviews', 'finalLabel', 'finalVerdict'],
    'deviceAnswer',
  ],
  Review: ['verdict', 'label', 'cellType', 'comment', 'agreesWithModel'],
};

/**
 * Records what the readers of open blind readings see outside of these, before a query answers. A mutation answers about what its caller
 * has just sent or reviewed, and a subscription about what its caller has open elsewhere. Changes `schema`.
 */
export function markSeenAnswers(schema: GraphQLSchema): void {
  for (const [name, fields] of Object.entries(ANSWERS)) {
    const type = schema.getType(name);
    if (!isObjectType(type)) throw new Error(`The schema has no type ${name}.`);
    for (const fieldName of fields) {
      const field = type.getFields()[fieldName];
      if (!field) throw new Error(`The type ${name} has no field ${fieldName}.`);
      const resolve = field.resolve ?? defaultFieldResolver;
      field.resolve = (source: unknown, values: unknown, context: RequestContext, info) => {
        const id = info.operation.operation === OperationTypeNode.QUERY ? predictionIdOf(source) : null;
        const marked = id === null ? null : markAnswerSeen(context, id);
        const answer = (): unknown => resolve(source, values, context, info);
        return marked ? marked.then(answer) : answer();
      };
    }
  }
}

/** The id of a prediction, or of the prediction that a review is about. */
function predictionIdOf(source: unknown): string | null {
  if (typeof source !== 'object' || source === null) return null;
  const id = 'predictionId' in source ? source.predictionId : 'id' in source ? source.id : null;
  return typeof id === 'string' ? id : null;
}
