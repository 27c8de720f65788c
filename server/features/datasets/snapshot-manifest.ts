import { createHash } from 'node:crypto';
import type { DatabaseOrTransaction } from '../../database/client.js';
import { snapshotManifestKey } from '../../storage/keys.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { type SnapshotItem, snapshotItems } from './snapshot-items.js';

/**
 * Writes what a snapshot consists of, one JSON line an item, in the order of the keys (by code point), and returns the
 * SHA-256 of it: the snapshot's digest. It speaks of content alone, not of name, time or place, so the same images with
 * the same labels, groups and splits have the same digest wherever they were ingested from.
 */
export async function writeSnapshotManifest(
  database: DatabaseOrTransaction,
  store: ObjectStore,
  snapshotId: string,
): Promise<string> {
  const hash = createHash('sha256');
  const lines: Buffer[] = [];
  for await (const item of snapshotItems(database, snapshotId)) {
    const line = Buffer.from(manifestLine(item));
    hash.update(line);
    lines.push(line);
  }
  const digest = hash.digest('hex');
  await store.putOnce(snapshotManifestKey(digest), Buffer.concat(lines), 'application/jsonl');
  return digest;
}

/** The digest that a snapshot of these items, in this order, has. */
export async function digestOfItems(
  items: AsyncIterable<SnapshotItem> | Iterable<SnapshotItem>,
): Promise<string> {
  const hash = createHash('sha256');
  for await (const item of items) hash.update(manifestLine(item));
  return hash.digest('hex');
}

/** An item's line in the manifest. */
export function manifestLine({ key, label, group, split, imageSha256 }: SnapshotItem): string {
  return `${JSON.stringify({ key, label, group, split, sha256: imageSha256 })}\n`;
}
