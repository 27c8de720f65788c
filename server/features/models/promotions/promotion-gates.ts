import { authorise } from '../../../api/authorise.js';
import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { badUserInput } from '../../../api/errors.js';
import type { ModelAlias } from '../../../database/generated/enums.js';
import { findModelVersion } from '../find-model.js';
import { checkGates } from './gates/check-gates.js';
import { loadModels } from '../load-models.js';
import type { GateResult } from './types.js';

/** The gate results if the viewer promoted the version now. Throws BAD_USER_INPUT if there is no READY version with this id. */
export async function promotionGates(
  context: RequestContext,
  { modelVersionId, alias }: { modelVersionId: string; alias: ModelAlias },
): Promise<GateResult[]> {
  const viewer = authorise(context, 'promote models');
  const version = await findModelVersion(context, modelVersionId);
  const model = version && (await batched(context, loadModels).load(version.modelId));
  if (!model || version.status !== 'READY') throw badUserInput('There is no READY version with this id.');
  const { results } = await checkGates(context, {
    candidate: { ...version, model },
    alias,
    promoterId: viewer.id,
  });
  return results;
}
