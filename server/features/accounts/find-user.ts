import { may } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { loadUsers } from './load-users.js';
import type { User } from './types.js';

/** A user by id: oneself, or anybody for those who may read users. Null for everybody else and for nobody. */
export async function findUser(context: RequestContext, id: string): Promise<User | null> {
  const { viewer } = context;
  if (!viewer || (viewer.id !== id && !may(viewer, 'read users'))) return null;
  return batched(context, loadUsers).load(id);
}
