import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { userColumns, userOf } from './load-users.js';
import type { User } from './types.js';

/** Every user, disabled ones too, by name. */
export async function listUsers(context: RequestContext): Promise<User[]> {
  authorise(context, 'read users');
  const rows = await context.database.user.findMany({
    orderBy: [{ displayName: 'asc' }, { id: 'asc' }],
    select: userColumns,
  });
  return rows.map(userOf);
}
