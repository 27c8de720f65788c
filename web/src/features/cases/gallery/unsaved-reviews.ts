import type { ReviewPredictionInput } from '../../../graphql/graphql.js';
import { unsavedKey } from '../../../session/unsaved-work.js';

/** Reviews that were sent and not answered yet. Repeated with the same id, none of them is added twice. */
export interface UnsavedRequest {
  clientRequestId: string;
  reviews: ReviewPredictionInput[];
}

// In the storage of the browser tab, so that reviews whose answer did not arrive can be sent again after the page was left or reloaded.
// They have ids and labels, no comments and nothing about the patient.
const keyOf = (viewerId: string, caseId: string) => unsavedKey('reviews', viewerId, caseId);

export function readUnsaved(viewerId: string, caseId: string): UnsavedRequest[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(keyOf(viewerId, caseId)) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isRequest) : [];
  } catch {
    return [];
  }
}

export function storeUnsaved(viewerId: string, caseId: string, requests: readonly UnsavedRequest[]): void {
  if (requests.length === 0) sessionStorage.removeItem(keyOf(viewerId, caseId));
  else sessionStorage.setItem(keyOf(viewerId, caseId), JSON.stringify(requests));
}

function isRequest(value: unknown): value is UnsavedRequest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'clientRequestId' in value &&
    typeof value.clientRequestId === 'string' &&
    'reviews' in value &&
    Array.isArray(value.reviews)
  );
}
