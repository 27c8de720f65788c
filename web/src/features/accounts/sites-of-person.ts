import type { PersonFragment } from '../../graphql/graphql.js';

/** A person's sites and what they see, in words. Null for a person without a site who sees everything. */
export function sitesOfPerson({ sites, seesAllSites }: Pick<PersonFragment, 'sites' | 'seesAllSites'>) {
  if (!sites || (sites.length === 0 && seesAllSites)) return null;
  const names = sites.length === 0 ? 'None' : sites.map(({ name }) => name).join(', ');
  return seesAllSites ? `${names} (sees all sites)` : names;
}
