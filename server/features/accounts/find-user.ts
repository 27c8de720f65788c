import { may } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { loadUsers } from './load-users.js';
import type { User } from './types.js';

/**
 * Finds a user by id: the viewer, or any user if the viewer may read users and does not have a one-time password. Null for all others
 * and if there is no such user.
 */
export async function findUser(context: RequestContext, id: string): Promise<User | null> {
  const { viewer } = context;
  if (!viewer || !isId('user', id)) return null;
  const mayReadOthers = !viewer.passwordIsOneTime && may(viewer, 'read users');
  if (viewer.id !== id && !mayReadOthers) return null;
  return batched(context, loadUsers).load(id);
}
