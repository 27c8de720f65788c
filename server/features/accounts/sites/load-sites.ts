import { authorise } from '../../../api/authorise.js';
import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import type { DatabaseOrTransaction } from '../../../database/client.js';
import type { Site as SiteRow } from '../../../database/generated/client.js';
import { isId } from '../../../database/ids.js';
import { listedSites } from './list-sites.js';

export type { SiteRow };

/** The sites with these ids, for `batched(context, loadSites)`. */
export async function loadSites(
  database: DatabaseOrTransaction,
  ids: readonly string[],
): Promise<Map<string, SiteRow>> {
  const rows = await database.site.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, row]));
}

/** A site by id, of those that the viewer may list; null for any other. */
export async function findSite(context: RequestContext, id: string): Promise<SiteRow | null> {
  const listed = listedSites(authorise(context, 'read predictions'));
  if (!isId('site', id) || (listed !== null && !listed.includes(id))) return null;
  return batched(context, loadSites).load(id);
}
