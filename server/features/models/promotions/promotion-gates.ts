import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import type { ModelAlias } from '../../../database/generated/enums.js';
import { checkGates } from './gates/check-gates.js';
import { readyModelVersion } from './ready-model-version.js';
import type { GateResult } from './types.js';

/** The gate results if the viewer promoted the version now. Throws NOT_FOUND if there is no such version, or CONFLICT if it is not READY. */
export async function promotionGates(
  context: RequestContext,
  { modelVersionId, alias }: { modelVersionId: string; alias: ModelAlias },
): Promise<GateResult[]> {
  const viewer = authorise(context, 'promote models');
  const { version, model } = await readyModelVersion(context, modelVersionId, 'be promoted');
  const { results } = await checkGates(context, {
    candidate: { ...version, model },
    alias,
    promoterId: viewer.id,
  });
  return results;
}
