import type { Database } from '../../../database/client.js';
import type { UserIdentity } from '../types.js';

/** The identities of these users at identity providers, the oldest first; nothing for users without. */
export async function loadIdentities(
  database: Database,
  userIds: readonly string[],
): Promise<Map<string, UserIdentity[]>> {
  const rows = await database.userIdentity.findMany({
    where: { userId: { in: [...userIds] } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  const ofUsers = new Map<string, UserIdentity[]>();
  for (const { userId, ...identity } of rows) ofUsers.set(userId, [...(ofUsers.get(userId) ?? []), identity]);
  return ofUsers;
}
