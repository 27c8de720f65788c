import { requireId } from '../../../api/argument-rules.js';
import type { RequestContext, Viewer } from '../../../api/context.js';
import { userError, UserErrorCode } from '../../../api/user-error.js';

const FIELD = ['input', 'siteId'];

/**
 * The site of something that the viewer makes: the site that they name, or else their first. Null for a viewer without a site who sees
 * all sites.
 * User errors: NOT_FOUND for a site that the viewer does not see; INVALID for a text that is not the id of a site, and for a viewer
 * without a site who does not see all sites, and so would not see what they make.
 */
export async function siteOfNew(
  { database }: Pick<RequestContext, 'database'>,
  { siteIds, seesAllSites }: Viewer,
  siteId: string | null,
): Promise<string | null> {
  if (siteId === null) {
    const [first = null] = siteIds;
    if (first !== null || seesAllSites) return first;
    throw userError(
      UserErrorCode.INVALID,
      'You have no site yet, so you would not see the result. Ask an administrator to give you a site.',
      FIELD,
    );
  }
  if (siteIds.includes(siteId)) return siteId;
  requireId('site', siteId, FIELD);
  const exists =
    seesAllSites &&
    (await database.site.findUnique({ where: { id: siteId }, select: { id: true } })) !== null;
  if (exists) return siteId;
  throw userError(UserErrorCode.NOT_FOUND, 'There is no such site, or it is not one of yours.', FIELD);
}
