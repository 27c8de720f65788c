import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { findModelVersion } from '../find-model.js';
import { type ModelRow, type ModelVersionRow, loadModels } from '../load-models.js';

const FIELD = ['input', 'modelVersionId'];

/**
 * Finds the READY version with the id in the input's `field` (default: `modelVersionId`), and its model. Throws a user error NOT_FOUND if there is no such
 * version, or CONFLICT if it is not READY; `purpose` completes that message ('be evaluated').
 */
export async function readyModelVersion(
  context: RequestContext,
  id: string,
  purpose: string,
  field = FIELD,
): Promise<{ version: ModelVersionRow; model: ModelRow }> {
  const version = await findModelVersion(context, id);
  if (!version) throw userError(UserErrorCode.NOT_FOUND, 'There is no such model version.', field);
  if (version.status !== 'READY') {
    const message = `The version is ${version.status.toLowerCase()}. Only a ready version can ${purpose}.`;
    throw userError(UserErrorCode.CONFLICT, message, field);
  }
  const model = await batched(context, loadModels).load(version.modelId);
  if (!model) throw new Error(`${id} has no model.`);
  return { version, model };
}
