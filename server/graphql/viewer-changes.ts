import type { Viewer } from '../api/context.js';
import { isUnauthenticated } from '../api/errors.js';

// A subscription may be open for days, so what its user may see is checked again while it is open.

/** What an open subscription does: it continues, its user has to sign in again, or its client has to connect again. */
export type ViewerState = 'same' | 'signed out' | 'changed';

/**
 * Compares the user who began a subscription with the same user now.
 * @param findNow finds the user by the same session or token; null, or an UNAUTHENTICATED error, if that has ended
 */
export async function viewerState(
  before: Viewer | null,
  findNow: () => Promise<Viewer | null>,
): Promise<ViewerState> {
  if (!before) return 'same';
  const now = await findNow().catch(nullIfUnauthenticated);
  if (!now) return 'signed out';
  return rightsOf(before) === rightsOf(now) ? 'same' : 'changed';
}

/** A token of the identity provider that has expired is refused with an error. */
export function nullIfUnauthenticated(error: unknown): null {
  if (isUnauthenticated(error)) return null;
  throw error;
}

/** Everything that decides what a user may see. */
function rightsOf({ roles, siteIds, seesAllSites }: Viewer): string {
  return JSON.stringify([roles, siteIds, seesAllSites]);
}
