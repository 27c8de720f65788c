import { authorise } from '../../api/authorise.js';
import {
  type Connection,
  connectionOf,
  cursorOfTime,
  fromCursorOfTime,
  newestFirst,
  type PageArguments,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { notFound } from '../../api/errors.js';
import { runRelations, type TrainingRunRow } from './load-runs.js';

/** A page of runs, newest first; of one model, where it is given. Throws NOT_FOUND if there is no such model. */
export async function listRuns(
  context: RequestContext,
  pageArguments: PageArguments,
  modelName?: string | null,
): Promise<Connection<TrainingRunRow>> {
  authorise(context, 'read training');
  const page = pageOf(pageArguments);
  if (modelName != null && !(await context.database.model.findUnique({ where: { name: modelName } })))
    throw notFound(`There is no model '${modelName}'.`);
  const where = modelName == null ? {} : { model: { name: modelName } };
  const [rows, totalCount] = await Promise.all([
    context.database.trainingRun.findMany({
      where: { ...where, ...fromCursorOfTime('run', page) },
      include: runRelations,
      orderBy: newestFirst(page),
      take: page.size + 1,
    }),
    context.database.trainingRun.count({ where }),
  ]);
  return connectionOf(page, rows, cursorOfTime, totalCount);
}
