import type { AccountContext } from '../account-services.js';
import { hashOfSecret } from '../secrets.js';
import { signOut } from '../sign-out.js';

/**
 * Ends the browser's session. Returns the provider's page at which the browser then ends the provider's session too; null where
 * the session began with a password, and where the provider has no such page or is unavailable.
 */
export async function signOutOfProvider(context: AccountContext): Promise<string | null> {
  const { database, identityProvider, sessionSecret } = context;
  const session =
    sessionSecret === null
      ? null
      : await database.session.findUnique({
          where: { tokenHash: hashOfSecret(sessionSecret) },
          select: { idToken: true },
        });
  await signOut(context);
  const idToken = session?.idToken ?? null;
  return idToken === null || !identityProvider ? null : identityProvider.signOutUrl(idToken);
}
