import type { RequestContext, Viewer } from '../../api/context.js';
import type { Database } from '../../database/client.js';
import { isId } from '../../database/ids.js';
import { userColumns, userOf } from './load-users.js';
import { hashOfSecret } from './secrets.js';
import type { ApiToken } from './types.js';

// `lastUsedAt` is for people who look for forgotten tokens: to the minute is exact enough, and spares a write a request.
const LAST_USED_RESOLUTION_MS = 60_000;

/** Whose API token this is: null when it has expired or been revoked, or when its user has been disabled. */
export async function viewerOfApiToken(database: Database, secret: string): Promise<Viewer | null> {
  const now = new Date();
  const token = await database.apiToken.findUnique({
    where: {
      tokenHash: hashOfSecret(secret),
      revokedAt: null,
      OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
      user: { disabledAt: null },
    },
    select: { id: true, lastUsedAt: true, user: { select: userColumns } },
  });
  if (!token) return null;
  if (now.getTime() - (token.lastUsedAt?.getTime() ?? 0) > LAST_USED_RESOLUTION_MS) {
    await database.apiToken.update({ where: { id: token.id }, data: { lastUsedAt: now } });
  }
  return userOf(token.user);
}

/** One of the viewer's own tokens that still stand. */
export function findApiToken(context: RequestContext, id: string): Promise<ApiToken | null> {
  const userId = context.viewer?.id;
  if (userId === undefined || !isId('tok', id)) return Promise.resolve(null);
  return context.database.apiToken.findUnique({ where: { id, userId, revokedAt: null } });
}
