import type { Manifest, TrainingData } from '../../../artifact/manifest.js';
import { readTrainingData } from '../../../artifact/training-data.js';
import type { Database } from '../../../database/client.js';
import { haveSameGroups, sharedKeys, snapshotsWithDigest } from '../../datasets/compare-snapshots.js';
import type { SnapshotRow } from '../../datasets/load-snapshots.js';
import type { SnapshotItem } from '../../datasets/snapshot-items.js';
import { byOtherNames, type OtherNames } from '../evaluations/seen-data.js';

/**
 * The keys of a snapshot's items that a version was trained or fitted on, by the rules of `overlapWithTraining`: their image is in the
 * training snapshot or among the hashes in the manifest, or their group (patient) is in the training snapshot or among the fitted cells.
 * @param otherNames of the items
 */
export async function itemsUsedInTraining(
  database: Database,
  { provenance: { snapshotDigest, trainingData }, fit }: Pick<Manifest, 'provenance' | 'fit'>,
  snapshot: SnapshotRow,
  items: readonly SnapshotItem[],
  otherNames: OtherNames,
): Promise<Set<string>> {
  if (snapshotDigest !== null && snapshot.digest === snapshotDigest)
    return new Set(items.map(({ key }) => key));
  const seenIn = (data: TrainingData) => byOtherNames(readTrainingData(data), otherNames);
  const trained = trainingData && seenIn(trainingData);
  const fitted = fit && seenIn(fit.cells.trainingData);
  const isUsed = ({ imageSha256, group }: SnapshotItem) =>
    trained?.hasImage(imageSha256) ||
    fitted?.hasImage(imageSha256) ||
    (group !== null && fitted?.hasGroup(group));
  const used = new Set(items.filter(isUsed).map(({ key }) => key));
  if (snapshotDigest === null) return used;
  const trainingSnapshots = await snapshotsWithDigest(database, snapshotDigest);
  const [training] = trainingSnapshots;
  if (!training) return used;
  const compareGroups = await haveSameGroups(database, trainingSnapshots, snapshot);
  const compared = { snapshotId: snapshot.id, trainingSnapshotId: training.id, compareGroups };
  for (const key of await sharedKeys(database, compared)) used.add(key);
  return used;
}
