import type { Viewer } from '../../api/context.js';
import type { Config } from '../../config.js';
import type { Database } from '../../database/client.js';
import { apiTokenLookup } from './api-tokens.js';
import { sessionLookup } from './sessions.js';

/** Finds the user who sent a request. Both return null for a secret that is unknown or no longer valid. */
export interface Credentials {
  /**
   * @param usedFrom address from which the user does something now, which keeps the session from ending as idle; left out
   *   where the server only checks that the session has not ended
   */
  viewerOfSession(secret: string, usedFrom?: { ip: string | null }): Promise<Viewer | null>;
  /** Records when and from which address the token was used. */
  viewerOfApiToken(secret: string, ip: string | null): Promise<Viewer | null>;
}

/** Made once for each database: concurrent requests share its queries. */
export function createCredentials(
  database: Database,
  limits: Pick<Config, 'sessionMs' | 'sessionIdleMs'>,
): Credentials {
  return { viewerOfSession: sessionLookup(database, limits), viewerOfApiToken: apiTokenLookup(database) };
}
