import { filter, pipe } from '@graphql-yoga/subscription';
import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { badUserInput } from '../../../api/errors.js';
import { findModelByName } from '../list-models.js';

/** An event whenever another version of the model begins to answer. Throws BAD_USER_INPUT for a model there is not. */
export async function championChanges(
  context: RequestContext,
  modelName: string,
): Promise<AsyncIterable<{ modelName: string }>> {
  authorise(context, 'read models');
  if (!(await findModelByName(context, modelName))) throw badUserInput(`There is no model '${modelName}'.`);
  return pipe(
    context.events.subscribe('champion-changed'),
    filter((event) => event.modelName === modelName),
  );
}
