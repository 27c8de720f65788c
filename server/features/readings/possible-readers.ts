import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { notFound } from '../../api/errors.js';
import { permissions } from '../../api/permissions.js';
import { findCaseIdentity } from '../case-identity/find-case-identity.js';
import { userColumns, userOf } from '../accounts/load-users.js';
import type { User } from '../accounts/types.js';

/** The users who may review the cells of a case: by their roles, and because they see its site. By name. */
export async function possibleReaders(context: RequestContext, caseId: string): Promise<User[]> {
  const viewer = authorise(context, 'review');
  const found = await findCaseIdentity(context.database, caseId, viewer);
  if (!found) throw notFound(`There is no case '${caseId}' that you see.`);
  return readersOfSite(context, found.siteId);
}

/** The users who may review what belongs to a site, by name. */
export async function readersOfSite(
  { database }: Pick<RequestContext, 'database'>,
  siteId: string | null,
): Promise<User[]> {
  const rows = await database.user.findMany({
    where: {
      ...{ disabledAt: null, roles: { hasSome: [...permissions.review.roles] } },
      OR: [{ seesAllSites: true }, ...(siteId === null ? [] : [{ siteIds: { has: siteId } }])],
    },
    orderBy: [{ displayName: 'asc' }, { id: 'asc' }],
    select: userColumns,
  });
  return rows.map(userOf);
}
