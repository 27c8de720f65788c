import type { Manifest } from '../../../artifact/manifest.js';
import type { Database } from '../../../database/client.js';
import { countSharedItems, snapshotsWithDigest } from '../../datasets/compare-snapshots.js';
import type { SnapshotRow } from '../../datasets/load-snapshots.js';
import { snapshotItems } from '../../datasets/snapshot-items.js';
import { digestOfItems } from '../../datasets/snapshot-manifest.js';
import { withLabelsOf } from './label-mapping.js';

/** What is known of the overlap of a snapshot with what a version was trained on, in a sentence either way. */
export interface TrainingOverlap {
  /** The figures would be no evaluation. */
  isContaminated: boolean;
  /** Images were compared and, where their names mean the same in both, patients: nothing was left open but that. */
  isKnown: boolean;
  sentence: string;
}

const TRAINING_SNAPSHOT =
  'This is no evaluation: the version was trained on these very images. What it is worth on those held out from training ' +
  'stands in the figures that its training recorded.';

/**
 * Whether a version has seen items of a snapshot in training: by the SHA-256 of their images, and by group (patient).
 *
 * The snapshot that it was trained on is found by the digest in its manifest. All of it counts as seen, since what was
 * not trained on was decided on, except for what its groups CSV holds out as 'test'. A test split that the run drew for
 * itself is measured in the run's own evaluation. Groups are compared within one dataset name or one source.
 */
export async function overlapWithTraining(
  database: Database,
  { classes, provenance: { snapshotDigest } }: Pick<Manifest, 'classes' | 'provenance'>,
  snapshot: SnapshotRow,
): Promise<TrainingOverlap> {
  if (snapshotDigest === null) {
    const sentence =
      'Overlap with the training data could not be checked: the version does not say what it was trained on.';
    return { isContaminated: false, isKnown: false, sentence };
  }
  if (snapshot.digest === snapshotDigest)
    return { isContaminated: true, isKnown: true, sentence: TRAINING_SNAPSHOT };
  const trainingSnapshots = await snapshotsWithDigest(database, snapshotDigest);
  const [training] = trainingSnapshots;
  if (!training) {
    // What can still be seen: whether it is the same images, that go by more names here than the two classes'.
    const digest = await digestOfItems(withLabelsOf(classes, snapshotItems(database, snapshot.id)));
    if (digest === snapshotDigest)
      return { isContaminated: true, isKnown: true, sentence: TRAINING_SNAPSHOT };
    const sentence =
      'Overlap with the training data could not be checked: the snapshot that the version was trained on, digest ' +
      `${snapshotDigest}, is not on this server.`;
    return { isContaminated: false, isKnown: false, sentence };
  }

  const compareGroups = trainingSnapshots.some(
    ({ name, source }) => name === snapshot.name || source === snapshot.source,
  );
  const shared = await countSharedItems(database, snapshot.id, training.id, compareGroups);
  const trainedOn = `${training.name} version ${training.version}, which the version was trained on`;
  if (shared.images > 0 || shared.groupImages > 0) {
    const { images, groupImages, groups } = shared;
    const sentence =
      `This is no evaluation: of the ${snapshot.itemCount} images, ${images} are the same as images of ${trainedOn}, and ` +
      `${groupImages} are of ${groups} patients (groups) who are in it. The figures would flatter; evaluate on patients ` +
      'that the version has not seen.';
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
    : 'the two are of different datasets, and a name of one need not mean the same person in the other';
  return `No image is in ${trainedOn}. Whether a patient is cannot be known: ${reason}.`;
}
