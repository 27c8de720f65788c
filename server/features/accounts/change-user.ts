import { userError, UserErrorCode } from '../../api/user-error.js';
import type { Database, Transaction } from '../../database/client.js';
import { isId } from '../../database/ids.js';
import { lockAdministrators } from './administrators.js';
import { userColumns, userOf } from './load-users.js';
import type { User } from './types.js';

/**
 * Runs `change` on a user in one transaction, alone among all changes of users, and returns the user afterwards.
 * Ends with NOT_FOUND on `field` when there is no such user.
 */
export async function changeUser(
  database: Database,
  id: string,
  field: string[],
  change: (tx: Transaction, user: User) => Promise<void>,
): Promise<User> {
  return database.$transaction(async (tx) => {
    await lockAdministrators(tx);
    const row = isId('user', id) ? await tx.user.findUnique({ where: { id }, select: userColumns }) : null;
    if (!row) throw userError(UserErrorCode.NOT_FOUND, 'There is no such user.', field);
    await change(tx, userOf(row));
    return userOf(await tx.user.findUniqueOrThrow({ where: { id }, select: userColumns }));
  });
}
