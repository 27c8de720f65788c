import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import type { AccessRecorder } from '../audit/access-recorder.js';
import type { PredictionFilter } from './types.js';

export type SearchContext = RequestContext & { accesses: AccessRecorder };

/** Throws FORBIDDEN if the filter concerns what the viewer may not see. */
export function authoriseFilter(
  context: Pick<RequestContext, 'viewer'>,
  { caseReference }: PredictionFilter,
): void {
  if (caseReference != null) authorise(context, 'see images');
}

/** Records the search for a case, if the filter has one. */
export function recordSearch(context: SearchContext, filter: PredictionFilter): void {
  const caseReference = filter.caseReference?.trim();
  if (caseReference && context.viewer)
    context.accesses.record(context, { action: 'CASE_SEARCHED', items: [], caseReference });
}
