import type { Manifest } from '../../../artifact/manifest.js';
import { readTrainingData } from '../../../artifact/training-data.js';
import type { Database } from '../../../database/client.js';
import { sharedKeys, snapshotsWithDigest } from '../../datasets/compare-snapshots.js';
import type { SnapshotRow } from '../../datasets/load-snapshots.js';
import type { SnapshotItem } from '../../datasets/snapshot-items.js';

/**
 * The keys of a snapshot's items that a version was trained or fitted on, by the rules of `overlapWithTraining`: their image is in the
 * training snapshot or among the hashes in the manifest, or their group (patient) is in the training snapshot.
 */
export async function itemsUsedInTraining(
  database: Database,
  { provenance: { snapshotDigest, trainingData } }: Pick<Manifest, 'provenance'>,
  snapshot: SnapshotRow,
  items: readonly SnapshotItem[],
): Promise<Set<string>> {
  if (snapshotDigest !== null && snapshot.digest === snapshotDigest)
    return new Set(items.map(({ key }) => key));
  const hasImage = trainingData ? readTrainingData(trainingData).hasImage : () => false;
  const used = new Set(items.filter(({ imageSha256 }) => hasImage(imageSha256)).map(({ key }) => key));
  if (snapshotDigest === null) return used;
  const trainingSnapshots = await snapshotsWithDigest(database, snapshotDigest);
  const [training] = trainingSnapshots;
  if (!training) return used;
  const compareGroups = trainingSnapshots.some(
    ({ name, source }) => name === snapshot.name || source === snapshot.source,
  );
  for (const key of await sharedKeys(database, snapshot.id, training.id, compareGroups)) used.add(key);
  return used;
}
