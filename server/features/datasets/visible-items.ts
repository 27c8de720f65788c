import { ofHiddenSites, type SiteLimits, visibleSites } from '../../api/visible-sites.js';
import type { Prisma } from '../../database/generated/client.js';

/**
 * The condition that a user sees an item of a snapshot. Datasets from folders have no site. An item of reviewed predictions is
 * visible to those who see the sites of all these predictions.
 */
export function visibleItems(limits: SiteLimits): Prisma.DatasetItemWhereInput {
  if (visibleSites(limits) === null) return {};
  return { reviews: { none: { prediction: ofHiddenSites(limits) } } };
}
