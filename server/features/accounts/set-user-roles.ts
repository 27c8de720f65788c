import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { refuseLastAdministrator } from './administrators.js';
import { refuseIfProviderDecides } from './built-in-accounts.js';
import { changeUser } from './change-user.js';
import type { User } from './types.js';
import { checkedRoles } from './user-input.js';

/**
 * Replaces the roles of a user, for the sessions and tokens that the user has too.
 * User errors: NOT_FOUND; INVALID for no role; CONFLICT when no enabled administrator would be left, or when the roles
 * come from the user's groups at the identity provider.
 */
export async function setUserRoles(
  context: RequestContext,
  input: { userId: string; roles: Role[] },
): Promise<User> {
  authorise(context, 'manage users');
  const roles = checkedRoles(input.roles, ['input', 'roles']);

  return changeUser(context.database, input.userId, ['input', 'userId'], async (tx, user) => {
    const what = { what: 'roles', field: ['input', 'userId'] };
    await refuseIfProviderDecides(tx, context.config, user.id, what);
    const losesAdmin = user.roles.includes(Role.ADMIN) && !roles.includes(Role.ADMIN);
    if (losesAdmin && user.disabledAt === null)
      await refuseLastAdministrator(tx, user.id, 'given other roles');
    await tx.user.update({ where: { id: user.id }, data: { roles } });
    const detail = `${user.roles.join(', ')} → ${roles.join(', ')}`;
    await recordAuditEvent(tx, context, { action: AuditAction.USER_ROLES_SET, entityId: user.id, detail });
  });
}
