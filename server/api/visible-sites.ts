import type { Viewer } from './context.js';

// Which rows a user may see, by their site: every read of predictions, and of what belongs to them, takes its condition from here.

/** What decides which sites a user sees. */
export type SiteLimits = Pick<Viewer, 'siteIds' | 'seesAllSites'>;

/** For the server itself, which reads rows of all sites. */
export const ALL_SITES: SiteLimits = { siteIds: [], seesAllSites: true };
/** For nobody. */
export const NO_SITES: SiteLimits = { siteIds: [], seesAllSites: false };

/** The ids of the sites that a user sees. Null: all of them, and rows without a site. */
export function visibleSites({ siteIds, seesAllSites }: SiteLimits): readonly string[] | null {
  return seesAllSites ? null : siteIds;
}

/** The condition that the user sees a row, for Prisma. */
export function ofVisibleSites(limits: SiteLimits): { siteId?: { in: string[] } } {
  const sites = visibleSites(limits);
  return sites === null ? {} : { siteId: { in: [...sites] } };
}

/** The condition that the user does not see a row, for Prisma: of another site, or without one. */
export function ofHiddenSites(limits: SiteLimits): {
  OR: ({ siteId: null } | { siteId: { notIn: string[] } })[];
} {
  const sites = visibleSites(limits);
  return { OR: sites === null ? [] : [{ siteId: null }, { siteId: { notIn: [...sites] } }] };
}
