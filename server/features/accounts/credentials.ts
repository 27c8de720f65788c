import type { Viewer } from '../../api/context.js';
import type { Database } from '../../database/client.js';
import { apiTokenLookup } from './api-tokens.js';
import { sessionLookup } from './sessions.js';

/** Finds the user who sent a request. Both return null for a secret that is unknown or no longer valid. */
export interface Credentials {
  viewerOfSession(secret: string): Promise<Viewer | null>;
  viewerOfApiToken(secret: string): Promise<Viewer | null>;
}

/** Made once for each database: concurrent requests share its queries. */
export function createCredentials(database: Database): Credentials {
  return { viewerOfSession: sessionLookup(database), viewerOfApiToken: apiTokenLookup(database) };
}
