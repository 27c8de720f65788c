import type { Viewer } from '../api/context.js';
import { isUnauthenticated } from '../api/errors.js';

// A subscription may be open for days, and an export for hours, so what the user may see is checked again while they last.

/** Whether the user may see the same as at the beginning, has to sign in again, or may see something else now. */
export type ViewerState = 'same' | 'signed out' | 'changed';

/**
 * Compares the user who began a subscription or an export with the same user now.
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

/** Everything that decides what a user may see, by this session or token. */
function rightsOf({ roles, siteIds, seesAllSites, token }: Viewer): string {
  return JSON.stringify([roles, siteIds, seesAllSites, token]);
}
