import { filter, pipe } from '@graphql-yoga/subscription';
import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { notFound } from '../../../api/errors.js';
import { findModelByName } from '../list-models.js';

/** Yields an event whenever the model's champion changes. Throws NOT_FOUND if there is no such model. */
export async function championChanges(
  context: RequestContext,
  modelName: string,
): Promise<AsyncIterable<{ modelName: string }>> {
  authorise(context, 'read models');
  if (!(await findModelByName(context, modelName))) throw notFound(`There is no model '${modelName}'.`);
  return pipe(
    context.events.subscribe('champion-changed'),
    filter((event) => event.modelName === modelName),
  );
}
