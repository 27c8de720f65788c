import type { RequestContext, Services } from '../../api/context.js';
import { createCredentials, type Credentials } from './credentials.js';
import { IdentityProvider } from './oidc/identity-provider.js';

/** What requests share. */
export interface AccountServices {
  credentials: Credentials;
  /** null: people sign in with passwords only. */
  identityProvider: IdentityProvider | null;
}

/** One request, with these services. */
export interface AccountContext extends RequestContext, AccountServices {}

/** Made once for each database. */
export function createAccountServices({ config, database, log }: Services): AccountServices {
  const { identityProvider: settings, publicUrl } = config;
  // The settings are refused with a provider but without the address of this server.
  const identityProvider =
    settings && publicUrl !== null ? new IdentityProvider(settings, publicUrl, log) : null;
  return { credentials: createCredentials(database, config, identityProvider), identityProvider };
}
