import type { Manifest, TrainingData } from '../../../artifact/manifest.js';
import { readTrainingData } from '../../../artifact/training-data.js';
import type { Database } from '../../../database/client.js';
import { sharedKeys, snapshotsWithDigest } from '../../datasets/compare-snapshots.js';
import type { SnapshotRow } from '../../datasets/load-snapshots.js';
import type { SnapshotItem } from '../../datasets/snapshot-items.js';
import { byAllNames } from '../evaluations/seen-data.js';

/**
 * The keys of a snapshot's items that a version was trained or fitted on, by the rules of `overlapWithTraining`: their image is in the
 * training snapshot or among the hashes in the manifest, or their group (patient) is in the training snapshot or among the fitted cells.
 */
export async function itemsUsedInTraining(
  database: Database,
  { provenance: { snapshotDigest, trainingData }, fit }: Pick<Manifest, 'provenance' | 'fit'>,
  snapshot: SnapshotRow,
  items: readonly SnapshotItem[],
): Promise<Set<string>> {
  if (snapshotDigest !== null && snapshot.digest === snapshotDigest)
    return new Set(items.map(({ key }) => key));
  const allNames = (data: TrainingData) => byAllNames(database, readTrainingData(data), items);
  const trained = trainingData && (await allNames(trainingData));
  const fitted = fit && (await allNames(fit.cells.trainingData));
  const isUsed = ({ imageSha256, group }: SnapshotItem) =>
    trained?.hasImage(imageSha256) ||
    fitted?.hasImage(imageSha256) ||
    (group !== null && fitted?.hasGroup(group));
  const used = new Set(items.filter(isUsed).map(({ key }) => key));
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
