import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import type { AccessRecorder } from '../audit/access-recorder.js';
import type { PredictionFilter } from './types.js';

export type SearchContext = RequestContext & { accesses: AccessRecorder };

/** Throws FORBIDDEN if the filter concerns what the viewer may not see. */
export function authoriseFilter(
  context: Pick<RequestContext, 'viewer'>,
  { caseReference, search }: PredictionFilter,
): void {
  if (caseReference != null || search != null) authorise(context, 'see images');
}

/**
 * Records the searches for a case that a filter contains. The text is not recorded: a case reference has its pseudonym, also if it
 * was searched for as a part, and other text nothing.
 */
export function recordSearch(
  context: SearchContext,
  filter: Pick<PredictionFilter, 'caseId' | 'caseReference' | 'search'>,
): void {
  if (!context.viewer) return;
  const { caseId } = filter;
  if (caseId != null && isId('case', caseId))
    context.accesses.record(context, { action: 'CASE_SEARCHED', items: [caseId], caseId });
  for (const text of [filter.caseReference, filter.search]) {
    const caseReference = text?.trim();
    if (caseReference)
      context.accesses.record(context, { action: 'CASE_SEARCHED', items: [], caseReference });
  }
}
