import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { baseVersion } from './base-version.js';
import { cellsProblem } from './cells-problem.js';
import { chooseCells } from './choose-cells.js';
import { promotionNeeds } from './promotion-needs.js';
import type { FitModelVersionInput, FitPreview } from './types.js';

/** The cells that a fit would use now, and what it lacks. Throws the user errors of `fitModelVersion` for a source that is wrong. */
export async function previewFit(
  context: RequestContext,
  input: FitModelVersionInput,
): Promise<{ preview: FitPreview }> {
  authorise(context, 'train');
  const { manifest } = await baseVersion(context, input.modelVersionId);
  const { counts, warnings } = await chooseCells(context, manifest, input);
  return {
    preview: {
      cells: counts,
      warnings,
      problem: cellsProblem(counts, manifest),
      promotionNeeds: promotionNeeds(context.config.promotionPolicy, manifest),
    },
  };
}
