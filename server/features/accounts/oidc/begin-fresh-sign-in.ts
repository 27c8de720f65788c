import { databaseTimeBefore } from '../../../database/clock.js';
import type { AccountContext } from '../account-services.js';
import { hashOfSecret } from '../secrets.js';
import type { IdentityProvider, SignInAttempt } from './identity-provider.js';

/** How long a person may take at the provider's pages. */
export const LONGEST_ATTEMPT_MS = 10 * 60_000;

/**
 * Sends the user of a session to the provider again, to prove who sits at the screen. Returns the provider's page, and what the browser keeps
 * until it comes back; null unless the request comes from a session that began with the provider.
 * @throws UnavailableError
 */
export async function beginFreshSignIn(
  { database, viewer }: AccountContext,
  provider: IdentityProvider,
): Promise<{ url: string; attempt: SignInAttempt } | null> {
  const sessionId = viewer?.sessionId ?? null;
  if (sessionId === null) return null;
  const isOfProvider = await database.session.count({ where: { id: sessionId, identityId: { not: null } } });
  if (isOfProvider === 0) return null;
  const begun = await provider.beginSignIn({ again: true });
  await database.$transaction(async (tx) => {
    const longAgo = await databaseTimeBefore(tx, LONGEST_ATTEMPT_MS);
    await tx.freshSignIn.deleteMany({ where: { sessionId, beganAt: { lte: longAgo } } });
    await tx.freshSignIn.create({ data: { stateHash: hashOfSecret(begun.attempt.state), sessionId } });
  });
  return begun;
}
