import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { tokenColumns, tokenOf } from './api-tokens.js';
import { accountOf } from './list-sessions.js';
import type { ApiToken } from './types.js';

/**
 * The API tokens of a user that have not been revoked, expired ones too, the newest first.
 * @param userId default: the viewer; anyone else's are for those who manage users
 */
export async function listApiTokens(context: RequestContext, userId?: string | null): Promise<ApiToken[]> {
  const id = accountOf(context, userId);
  if (!isId('user', id)) return [];
  const rows = await context.database.apiToken.findMany({
    where: { userId: id, revokedAt: null },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: tokenColumns,
  });
  return rows.map(tokenOf);
}
