import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import type { Role } from '../../api/permissions.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { newId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { refuseUselessPassword } from './built-in-accounts.js';
import { userColumns, userOf } from './load-users.js';
import { checkedSites, describeSites, seesAllSitesByDefault } from './sites/sites-of-user.js';
import { generatePassword, hashPassword } from './passwords.js';
import type { User } from './types.js';
import { checkedDisplayName, checkedEmail, checkedRoles } from './user-input.js';

export interface NewUser {
  email: string;
  displayName: string;
  roles: Role[];
  /** Default: none. */
  siteIds?: string[] | null;
  /** Default: true where there are no sites, false otherwise. */
  seesAllSites?: boolean | null;
}

/**
 * Creates a user with a one-time password, which is in the answer and kept nowhere else: with it the user signs in once and
 * then chooses a password.
 * User errors: INVALID for a malformed e-mail address, an empty name or no role; NOT_FOUND for an unknown site; CONFLICT when a
 * user has that address, or accounts with a password are switched off.
 */
export async function createUser(
  context: RequestContext,
  input: NewUser,
): Promise<{ user: User; oneTimePassword: string }> {
  authorise(context, 'give out passwords');
  const email = checkedEmail(input.email, ['input', 'email']);
  const displayName = checkedDisplayName(input.displayName, ['input', 'displayName']);
  const roles = checkedRoles(input.roles, ['input', 'roles']);

  refuseUselessPassword(context.config, email, ['input', 'email']);

  const oneTimePassword = generatePassword();
  const passwordHash = await hashPassword(oneTimePassword);
  const user = await context.database.$transaction(async (tx) => {
    const id = newId('user');
    const sites = await checkedSites(tx, input.siteIds ?? [], ['input', 'siteIds']);
    const seesAllSites = input.seesAllSites ?? (await seesAllSitesByDefault(tx));
    const siteIds = sites.map((site) => site.id);
    const { count } = await tx.user.createMany({
      data: {
        ...{ id, email, displayName, roles, passwordHash, passwordIsOneTime: true },
        ...{ siteIds, seesAllSites },
      },
      skipDuplicates: true,
    });
    if (count === 0) {
      throw userError(UserErrorCode.CONFLICT, `There is a user with the e-mail address ${email} already.`, [
        'input',
        'email',
      ]);
    }
    const limits = seesAllSites && sites.length === 0 ? '' : `; ${describeSites(sites, seesAllSites)}`;
    const detail = `${email} (${roles.join(', ')})${limits}`;
    await recordAuditEvent(tx, context, { action: AuditAction.USER_CREATED, entityId: id, detail });
    return tx.user.findUniqueOrThrow({ where: { id }, select: userColumns });
  });
  return { user: userOf(user), oneTimePassword };
}
