import { authorise } from '../../../api/authorise.js';
import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { notFound } from '../../../api/errors.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { findModelByName } from '../list-models.js';
import { loadModelVersions, type ModelVersionRow } from '../load-models.js';

/**
 * The version that was champion at the time `at`, from the history of promotions. Null if there was no champion. Throws NOT_FOUND
 * if there is no such model. A version is champion from the exact time of its promotion; for a time in the future, the current champion.
 */
export async function championAt(
  context: RequestContext,
  modelName: string,
  at: Date,
): Promise<ModelVersionRow | null> {
  authorise(context, 'read models');
  const model = await findModelByName(context, modelName);
  if (!model) throw notFound(`There is no model '${modelName}'.`);
  const promotion = await context.database.promotion.findFirst({
    where: { modelId: model.id, alias: ModelAlias.CHAMPION, createdAt: { lte: at } },
    orderBy: { createdAt: 'desc' },
    select: { toVersionId: true },
  });
  return promotion?.toVersionId ? batched(context, loadModelVersions).load(promotion.toVersionId) : null;
}
