import { rowsByKey } from '../../../../api/batched.js';
import type { MeasuredItem } from '../measured-items.js';

/**
 * At most `most` items, the same number of each label where there are enough; chosen by the SHA-256 of their images, which
 * is as good as by lot and the same each time. In the order of their keys.
 */
export function sampleItems(items: readonly MeasuredItem[], most: number): readonly MeasuredItem[] {
  if (items.length <= most) return items;
  const byLabel = itemsByLabel(items);
  const share = Math.floor(most / byLabel.size);
  const chosen = new Set<MeasuredItem>();
  for (const same of byLabel.values()) {
    for (const item of same.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1)).slice(0, share)) chosen.add(item);
  }
  return items.filter((item) => chosen.has(item));
}

/** The items of each label, labels in alphabetical order. */
export function itemsByLabel(items: readonly MeasuredItem[]): Map<string, MeasuredItem[]> {
  const byLabel = rowsByKey(items, ({ label }) => label);
  return new Map([...byLabel].sort(([a], [b]) => (a < b ? -1 : 1)));
}
