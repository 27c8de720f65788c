import type { Manifest } from '../../../artifact/manifest.js';
import { readTrainingData } from '../../../artifact/training-data.js';
import type { Database } from '../../../database/client.js';
import { countSharedItems, haveSameGroups, snapshotsWithDigest } from '../../datasets/compare-snapshots.js';
import type { SnapshotRow } from '../../datasets/load-snapshots.js';
import { snapshotItems } from '../../datasets/snapshot-items.js';
import { digestOfItems } from '../../datasets/snapshot-manifest.js';
import { overlapByHashes, overlapWithFit } from './overlap-by-hashes.js';
import { byAllNames } from './seen-data.js';
import { withLabelsOf } from './label-mapping.js';

/** The overlap of a snapshot with a version's training data. */
export interface TrainingOverlap {
  /** Whether the snapshot contains training data, so that metrics on it are not a valid evaluation. */
  isContaminated: boolean;
  /** Whether the overlap was checked completely: images and, if group names have the same meaning in both snapshots, patients. */
  isKnown: boolean;
  /** The result as a sentence. */
  sentence: string;
}

const TRAINING_SNAPSHOT =
  'Not a valid evaluation: the version was trained on these images. For its performance on held-out images, see the ' +
  'metrics recorded during training.';

/**
 * Checks whether items of a snapshot were in a version's training data, by the SHA-256 of their images and by group (patient).
 *
 * The training snapshot is found by the digest in the version's manifest. All its items count as training data, because images
 * that were not trained on were used for validation; the exception is items that its groups CSV assigns to 'test'. A test split
 * that the run chose itself is measured in the run's own evaluation. Groups are compared if their names mean the same patients in both
 * snapshots (see `haveSameGroups`), and pseudonyms of cases always. If the training snapshot is not on this server, images and groups are compared with the hashes in the manifest,
 * if it has any. The cells that a fitted version was fitted to, and their patients, count as training data too.
 */
export async function overlapWithTraining(
  database: Database,
  manifest: Pick<Manifest, 'classes' | 'provenance' | 'fit'>,
  snapshot: SnapshotRow,
): Promise<TrainingOverlap> {
  if (manifest.fit) {
    const seen = readTrainingData(manifest.fit.cells.trainingData);
    const items = () => snapshotItems(database, snapshot.id);
    const fitted = await overlapWithFit(items(), await byAllNames(database, seen, items()));
    if (fitted) return fitted;
  }
  return overlapOfTraining(database, manifest, snapshot);
}

async function overlapOfTraining(
  database: Database,
  { classes, provenance: { snapshotDigest, trainingData } }: Pick<Manifest, 'classes' | 'provenance'>,
  snapshot: SnapshotRow,
): Promise<TrainingOverlap> {
  if (snapshotDigest === null) {
    const sentence =
      'Overlap with the training data could not be checked, because the version does not state its training data.';
    return { isContaminated: false, isKnown: false, sentence };
  }
  if (snapshot.digest === snapshotDigest)
    return { isContaminated: true, isKnown: true, sentence: TRAINING_SNAPSHOT };
  const trainingSnapshots = await snapshotsWithDigest(database, snapshotDigest);
  const [training] = trainingSnapshots;
  if (!training) {
    // What can still be detected: the same images, with more labels here than the two classes.
    const digest = await digestOfItems(withLabelsOf(classes, snapshotItems(database, snapshot.id)));
    if (digest === snapshotDigest)
      return { isContaminated: true, isKnown: true, sentence: TRAINING_SNAPSHOT };
    if (trainingData) {
      const items = () => snapshotItems(database, snapshot.id);
      const seen = await byAllNames(database, readTrainingData(trainingData), items());
      return overlapByHashes(items(), seen);
    }
    const sentence =
      'Overlap with the training data could not be checked, because the training snapshot, with the digest ' +
      `${snapshotDigest}, is not on this server.`;
    return { isContaminated: false, isKnown: false, sentence };
  }

  const compareGroups = await haveSameGroups(database, trainingSnapshots, snapshot);
  const compared = { snapshotId: snapshot.id, trainingSnapshotId: training.id, compareGroups };
  const shared = await countSharedItems(database, compared);
  const trainedOn = `${training.name} version ${training.version}, which the version was trained on`;
  if (shared.images > 0 || shared.groupImages > 0) {
    const { images, groupImages, groups } = shared;
    const sentence =
      `Not a valid evaluation: of the ${snapshot.itemCount} images, ${images} are also in ${trainedOn}, and ` +
      `${groupImages} are of ${groups} patients (groups) who are in it. The metrics would be too optimistic. Evaluate on ` +
      'patients that are not in the training data.';
    return { isContaminated: true, isKnown: true, sentence };
  }
  return {
    isContaminated: false,
    isKnown: !compareGroups || shared.everyGroupKnown,
    sentence: cleanSentence(trainedOn, compareGroups, shared.everyGroupKnown),
  };
}

function cleanSentence(trainedOn: string, compareGroups: boolean, everyGroupKnown: boolean): string {
  if (compareGroups && everyGroupKnown) return `No image and no patient (group) is in ${trainedOn}.`;
  const reason = compareGroups
    ? 'not every image has a group'
    : 'the snapshots are of different datasets, in which the same group name may mean different people';
  return `No image is in ${trainedOn}. Whether any patient is cannot be checked, because ${reason}.`;
}
