import { authorise } from '../../../api/authorise.js';
import {
  type Connection,
  connectionOf,
  cursorOfTime,
  fromCursorOfTime,
  newestFirst,
  type PageArguments,
  pageOf,
} from '../../../api/connection.js';
import type { RequestContext } from '../../../api/context.js';
import { ofVisibleSites, type SiteLimits } from '../../../api/visible-sites.js';
import type { Database } from '../../../database/client.js';
import type { Prisma } from '../../../database/generated/client.js';
import { findCaseIdentity } from '../../case-identity/find-case-identity.js';
import { authoriseFilter } from '../authorise-filter.js';
import { checkFilter, since1970 } from '../prediction-filter.js';
import { type FieldRow, fieldOf } from './load-fields.js';
import type { FieldFilter } from './types.js';

/**
 * A page of the fields that meet all conditions of the filter, newest first.
 * @throws what `checkFilter` throws; FORBIDDEN for a filter by case if the viewer may not see images
 */
export async function listFields(
  context: Pick<RequestContext, 'database' | 'viewer'>,
  pageArguments: PageArguments,
  filter: FieldFilter,
): Promise<Connection<FieldRow>> {
  const viewer = authorise(context, 'read predictions');
  authoriseFilter(context, filter);
  const page = pageOf(pageArguments);
  await checkFilter(context.database, filter, viewer);
  const { caseReference, caseId, createdById, imageSha256, siteId, createdAfter, createdBefore } = filter;
  const ofCase = caseId == null ? null : await conditionOfCase(context.database, caseId, viewer);
  const where = {
    AND: [
      ofVisibleSites(viewer),
      ofCase ?? {},
      {
        caseReference: caseReference ?? undefined,
        createdById: createdById ?? undefined,
        imageSha256: imageSha256 ?? undefined,
        siteId: siteId ?? undefined,
        createdAt: { gte: since1970(createdAfter) ?? undefined, lt: since1970(createdBefore) ?? undefined },
      },
    ],
  };
  const [rows, totalCount] = await Promise.all([
    context.database.field.findMany({
      where: { AND: [where, fromCursorOfTime('field', page)] },
      orderBy: newestFirst(page),
      take: page.size + 1,
    }),
    context.database.field.count({ where }),
  ]);
  return connectionOf(page, rows.map(fieldOf), cursorOfTime, totalCount);
}

/** The condition that a field belongs to a case. No field meets it if the case was erased since the filter was checked. */
async function conditionOfCase(
  database: Database,
  caseId: string,
  limits: SiteLimits,
): Promise<Prisma.FieldWhereInput> {
  const found = await findCaseIdentity(database, caseId, limits);
  return found ? { caseReference: found.reference, siteId: found.siteId } : { id: { in: [] } };
}
