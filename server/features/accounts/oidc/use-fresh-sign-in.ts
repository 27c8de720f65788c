import type { Viewer } from '../../../api/context.js';
import { userError, UserErrorCode } from '../../../api/user-error.js';
import type { Transaction } from '../../../database/client.js';
import { databaseTimeBefore } from '../../../database/clock.js';

/** For how long after it a fresh sign-in counts. */
const FRESH_MS = 5 * 60_000;

/**
 * Uses up the fresh sign-in of the viewer's session with the identity provider, which counts instead of the password. It counts again if the
 * transaction is rolled back. Ends the operation with INVALID on `field` without one, or if it is older than 5 minutes.
 */
export async function useFreshSignIn(tx: Transaction, { sessionId }: Viewer, field: string[]): Promise<void> {
  const longAgo = await databaseTimeBefore(tx, FRESH_MS);
  const { count } =
    sessionId === null
      ? { count: 0 }
      : await tx.freshSignIn.deleteMany({ where: { sessionId, provedAt: { gt: longAgo } } });
  if (count === 0) {
    throw userError(
      UserErrorCode.INVALID,
      'Give your password. If you have none here, sign in again with the identity provider: this counts once, within 5 minutes.',
      field,
    );
  }
}
