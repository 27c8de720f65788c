import { authorise, may } from '../../../api/authorise.js';
import type { RequestContext, Viewer } from '../../../api/context.js';
import { visibleSites } from '../../../api/visible-sites.js';
import type { SiteRow } from './load-sites.js';

/** The sites that the viewer sees, or all of them for those who set the sites of users, by name. */
export async function listSites(context: RequestContext): Promise<SiteRow[]> {
  const viewer = authorise(context, 'read predictions');
  const visible = listedSites(viewer);
  return context.database.site.findMany({
    where: visible === null ? {} : { id: { in: [...visible] } },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
  });
}

/** The ids of the sites that a user may list; null for all of them. */
export function listedSites(viewer: Viewer): readonly string[] | null {
  return may(viewer, 'manage users') ? null : visibleSites(viewer);
}
