import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { databaseTime } from '../../database/clock.js';
import { isId } from '../../database/ids.js';
import { hashOfSecret } from './secrets.js';
import { endedBy } from './sessions.js';
import type { Session } from './types.js';

/**
 * The sessions of a user that have not ended, the one used last first.
 * @param userId default: the viewer; anyone else's are for those who manage users
 */
export async function listSessions(context: RequestContext, userId?: string | null): Promise<Session[]> {
  const id = accountOf(context, userId);
  if (!isId('user', id)) return [];
  const { database, config, sessionSecret } = context;
  const rows = await database.session.findMany({
    where: { userId: id, NOT: { OR: endedBy(await databaseTime(database), config) } },
    orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
  });
  const current = sessionSecret === null ? null : hashOfSecret(sessionSecret);
  return rows.map(({ tokenHash, ...session }) => ({ ...session, isCurrent: tokenHash === current }));
}

/** The viewer's own id, or that of anyone for those who manage users; the first step of an operation on an account. */
export function accountOf(context: RequestContext, userId?: string | null): string {
  const isOwn = userId == null || userId === context.viewer?.id;
  const viewer = authorise(context, isOwn ? 'change your account' : 'manage users');
  return isOwn ? viewer.id : userId;
}
