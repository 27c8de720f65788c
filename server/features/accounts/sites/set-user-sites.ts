import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import { changeUser } from '../change-user.js';
import type { User } from '../types.js';
import { checkedSites, describeSites } from './sites-of-user.js';

/**
 * Replaces the sites of a user, and whether the user sees all sites, for the sessions and tokens that the user has too.
 * User errors: NOT_FOUND for an unknown user or site.
 */
export async function setUserSites(
  context: RequestContext,
  input: { userId: string; siteIds: string[]; seesAllSites: boolean },
): Promise<User> {
  authorise(context, 'manage users');
  const { seesAllSites } = input;
  return changeUser(context.database, input.userId, ['input', 'userId'], async (tx, { id }) => {
    const sites = await checkedSites(tx, input.siteIds, ['input', 'siteIds']);
    const siteIds = sites.map((site) => site.id);
    await tx.user.update({ where: { id }, data: { siteIds, seesAllSites } });
    const detail = describeSites(sites, seesAllSites);
    await recordAuditEvent(tx, context, { action: AuditAction.USER_SITES_SET, entityId: id, detail });
  });
}
