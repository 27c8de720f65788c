import { rowsByKey } from '../../api/batched.js';
import type { SiteLimits } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import type { ItemRow } from '../datasets/snapshot-items.js';
import { loadReviews, type ReviewRow } from '../reviews/load-reviews.js';

/** The name of an item for {@link loadReviewsOfItems}. */
export function itemName({ snapshotId, key }: Pick<ItemRow, 'snapshotId' | 'key'>): string {
  return `${snapshotId} ${key}`;
}

/** The reviews of each item, named by {@link itemName}, of predictions of the sites that the user sees, oldest first. */
export async function loadReviewsOfItems(
  database: Database,
  names: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, ReviewRow[]>> {
  const items = names.map((name) => {
    const end = name.indexOf(' ');
    return { snapshotId: name.slice(0, end), key: name.slice(end + 1) };
  });
  const links = await database.datasetItemReview.findMany({
    where: { OR: items },
    orderBy: [{ review: { createdAt: 'asc' } }, { reviewId: 'asc' }],
  });
  const reviews = await loadReviews(
    database,
    links.map(({ reviewId }) => reviewId),
    limits,
  );
  const linksOf = rowsByKey(links, itemName);
  return new Map(
    [...linksOf].map(([name, of]) => [name, of.flatMap(({ reviewId }) => reviews.get(reviewId) ?? [])]),
  );
}
