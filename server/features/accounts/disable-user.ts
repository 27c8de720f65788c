import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { databaseTime } from '../../database/clock.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { refuseLastAdministrator } from './administrators.js';
import { changeUser } from './change-user.js';
import { revokeAccess } from './revoke-access.js';
import type { User } from './types.js';

/**
 * Disables an account: ends its sessions, revokes its tokens, and lets nobody sign in to it. What the user did stays theirs.
 * Does nothing to an account that is disabled already.
 * User errors: NOT_FOUND; CONFLICT when no enabled administrator would be left.
 */
export async function disableUser(context: RequestContext, id: string): Promise<User> {
  authorise(context, 'manage users');
  return changeUser(context.database, id, ['id'], async (tx, user) => {
    if (user.disabledAt !== null) return;
    if (user.roles.includes(Role.ADMIN)) await refuseLastAdministrator(tx, id, 'disabled');
    await tx.user.update({ where: { id }, data: { disabledAt: await databaseTime(tx) } });
    await revokeAccess(tx, id);
    await recordAuditEvent(tx, context, { action: AuditAction.USER_DISABLED, entityId: id });
  });
}

/**
 * Enables a disabled account again, with the password and roles that it had; sessions and tokens stay ended.
 * User errors: NOT_FOUND.
 */
export async function enableUser(context: RequestContext, id: string): Promise<User> {
  authorise(context, 'manage users');
  return changeUser(context.database, id, ['id'], async (tx, user) => {
    if (user.disabledAt === null) return;
    await revokeAccess(tx, id); // what a request begun before the account was disabled may have created
    await tx.user.update({ where: { id }, data: { disabledAt: null } });
    await recordAuditEvent(tx, context, { action: AuditAction.USER_ENABLED, entityId: id });
  });
}
