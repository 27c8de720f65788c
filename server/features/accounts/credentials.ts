import type { Viewer } from '../../api/context.js';
import type { Config } from '../../config.js';
import type { Database } from '../../database/client.js';
import type { Actor } from '../audit/record-audit-event.js';
import { apiTokenLookup, whyApiTokenRefused } from './api-tokens.js';
import type { IdentityProvider } from './oidc/identity-provider.js';
import { providerTokenLookup } from './oidc/viewer-of-token.js';
import { sessionLookup } from './sessions.js';

/** Finds the user who sent a request. The first two return null for a secret that is unknown or no longer valid. */
export interface Credentials {
  /**
   * @param usedFrom address from which the user does something now, which keeps the session from ending as idle; left out
   *   where the server only checks that the session has not ended
   */
  viewerOfSession(secret: string, usedFrom?: { ip: string | null }): Promise<Viewer | null>;
  /** Records when and from which address the token was used. */
  viewerOfApiToken(secret: string, ip: string | null): Promise<Viewer | null>;
  /** Why `viewerOfApiToken` returned null, as the end of the sentence 'The token was refused: …'. */
  whyApiTokenRefused(secret: string): Promise<string>;
  /**
   * @param token an access token of the identity provider (a JWT)
   * @throws UNAUTHENTICATED with the reason if it gives no access
   * @throws UnavailableError if the provider's keys cannot be read
   */
  viewerOfProviderToken(token: string, from: Omit<Actor, 'viewer'>): Promise<Viewer>;
}

export type CredentialSettings = Pick<
  Config,
  'sessionMs' | 'sessionIdleMs' | 'builtInAccounts' | 'emergencyAccount' | 'identityProvider'
>;

/** Made once for each database: concurrent requests share its queries. */
export function createCredentials(
  database: Database,
  config: CredentialSettings,
  identityProvider: IdentityProvider | null,
): Credentials {
  return {
    viewerOfSession: sessionLookup(database, config),
    viewerOfApiToken: apiTokenLookup(database, config),
    whyApiTokenRefused: (secret) => whyApiTokenRefused(database, secret),
    viewerOfProviderToken: providerTokenLookup(database, identityProvider),
  };
}
