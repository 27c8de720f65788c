import { createHash } from 'node:crypto';
import type { DatabaseOrTransaction } from '../../database/client.js';
import { snapshotManifestKey } from '../../storage/keys.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { type SnapshotItem, snapshotItems } from './snapshot-items.js';

/**
 * Writes the manifest of a snapshot, one JSON line per item in the order of the keys (by code point), and returns its SHA-256: the
 * snapshot's digest. The manifest contains neither name, time nor source, so the same images with the same labels, groups and
 * splits have the same digest, wherever they were ingested from.
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

/** The digest of a snapshot with these items in this order. */
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
