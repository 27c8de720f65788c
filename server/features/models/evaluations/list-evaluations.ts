import { authorise } from '../../../api/authorise.js';
import {
  type Connection,
  connectionOf,
  cursorOfTime,
  fromCursorOfTime,
  newestFirst,
  type PageArguments,
  pageOf,
} from '../../../api/connection.js';
import type { RequestContext } from '../../../api/context.js';
import { notFound } from '../../../api/errors.js';
import type { EvaluationFilter } from '../types.js';
import { evaluationOf, type EvaluationView } from './load-evaluations.js';

/**
 * A page of evaluations that meet all conditions of the filter, newest first. Throws NOT_FOUND if the filter names a model, a version
 * or a snapshot that does not exist.
 */
export async function listEvaluations(
  context: RequestContext,
  pageArguments: PageArguments,
  filter: EvaluationFilter,
): Promise<Connection<EvaluationView>> {
  authorise(context, 'read models');
  const page = pageOf(pageArguments);
  await refuseUnknown(context, filter);
  const where = {
    ...(filter.modelName == null ? {} : { modelVersion: { model: { name: filter.modelName } } }),
    modelVersionId: filter.modelVersionId ?? undefined,
    datasetSnapshotId: filter.datasetSnapshotId ?? undefined,
    status: filter.status ?? undefined,
  };
  const [rows, totalCount] = await Promise.all([
    context.database.evaluation.findMany({
      where: { ...where, ...fromCursorOfTime('eval', page) },
      orderBy: newestFirst(page),
      take: page.size + 1,
    }),
    context.database.evaluation.count({ where }),
  ]);
  return connectionOf(page, rows.map(evaluationOf), cursorOfTime, totalCount);
}

async function refuseUnknown(
  { database }: RequestContext,
  { modelName, modelVersionId, datasetSnapshotId }: EvaluationFilter,
): Promise<void> {
  const select = { id: true };
  if (modelName != null && !(await database.model.findUnique({ where: { name: modelName }, select })))
    throw notFound(`There is no model '${modelName}'.`);
  if (
    modelVersionId != null &&
    !(await database.modelVersion.findUnique({ where: { id: modelVersionId }, select }))
  )
    throw notFound(`There is no model version '${modelVersionId}'.`);
  if (
    datasetSnapshotId != null &&
    !(await database.datasetSnapshot.findUnique({ where: { id: datasetSnapshotId }, select }))
  )
    throw notFound(`There is no dataset snapshot '${datasetSnapshotId}'.`);
}
