import { may } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { loadUsers } from './load-users.js';
import type { User } from './types.js';

/**
 * A user by id: oneself, or anybody for those who may read users and have a password of their own. Null for everybody
 * else and for nobody.
 */
export async function findUser(context: RequestContext, id: string): Promise<User | null> {
  const { viewer } = context;
  if (!viewer || !isId('user', id)) return null;
  const mayReadOthers = !viewer.passwordIsOneTime && may(viewer, 'read users');
  if (viewer.id !== id && !mayReadOthers) return null;
  return batched(context, loadUsers).load(id);
}
