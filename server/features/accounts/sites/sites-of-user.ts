import { userError, UserErrorCode } from '../../../api/user-error.js';
import type { Transaction } from '../../../database/client.js';
import type { SiteRow } from './load-sites.js';

/** The sites with these ids, each once, in this order. Throws the user error NOT_FOUND when there is no such site. */
export async function checkedSites(
  tx: Transaction,
  siteIds: readonly string[],
  field: string[],
): Promise<SiteRow[]> {
  const ids = [...new Set(siteIds)];
  const rows = await tx.site.findMany({ where: { id: { in: ids } } });
  return ids.map((id) => {
    const site = rows.find((row) => row.id === id);
    if (!site) throw userError(UserErrorCode.NOT_FOUND, `There is no site '${id}'.`, field);
    return site;
  });
}

/**
 * Whether a new user sees all sites unless an administrator decides otherwise: only where no sites are used, so that adding a
 * person reveals nothing by omission.
 */
export async function seesAllSitesByDefault(tx: Transaction): Promise<boolean> {
  return (await tx.site.findFirst({ select: { id: true } })) === null;
}

/** For the audit trail. */
export function describeSites(sites: readonly SiteRow[], seesAllSites: boolean): string {
  const names = sites.length === 0 ? 'no site' : sites.map(({ name }) => name).join(', ');
  return `${names}; sees ${seesAllSites ? 'all sites' : 'only these'}`;
}
