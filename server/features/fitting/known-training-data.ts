import type { Manifest } from '../../artifact/manifest.js';
import { readTrainingData } from '../../artifact/training-data.js';
import type { Database } from '../../database/client.js';
import { snapshotsWithDigest } from '../datasets/compare-snapshots.js';
import { snapshotItems } from '../datasets/snapshot-items.js';
import type { SeenData } from '../models/evaluations/seen-data.js';

/**
 * The training data of a version: from the hashes in its manifest, or from its training snapshot if that is on this server. Null
 * if neither is known.
 */
export async function knownTrainingData(
  database: Database,
  { provenance: { trainingData, snapshotDigest } }: Pick<Manifest, 'provenance'>,
): Promise<SeenData | null> {
  if (trainingData) return readTrainingData(trainingData);
  const [snapshot] = snapshotDigest === null ? [] : await snapshotsWithDigest(database, snapshotDigest);
  if (!snapshot) return null;
  const images = new Set<string>();
  const groups = new Set<string>();
  for await (const { imageSha256, group, split } of snapshotItems(database, snapshot.id)) {
    if (split === 'test') continue;
    images.add(imageSha256);
    if (group !== null) groups.add(group);
  }
  return { hasImage: (sha256) => images.has(sha256), hasGroup: (name) => groups.has(name) };
}
