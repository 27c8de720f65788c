import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { mayReadSignIn } from './last-sign-in.js';
import { loadUsers } from './load-users.js';
import type { User } from './types.js';

/**
 * A user by id: the viewer, or anyone for those who may read users. Null for everyone else and where there is no such user.
 */
export async function findUser(context: RequestContext, id: string): Promise<User | null> {
  if (!isId('user', id) || !mayReadSignIn(context, id)) return null;
  return batched(context, loadUsers).load(id);
}
