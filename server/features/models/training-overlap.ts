import type { Database } from '../../database/client.js';
import { countSharedItems, snapshotsWithDigest } from '../datasets/compare-snapshots.js';
import type { SnapshotRow } from '../datasets/load-snapshots.js';

/** What is known of the overlap of a snapshot with what a version was trained on, in a sentence either way. */
export interface TrainingOverlap {
  /** The figures would be no evaluation. */
  isContaminated: boolean;
  sentence: string;
}

/**
 * Whether a version has seen items of a snapshot in training: by the SHA-256 of their images, and by group (patient).
 *
 * The snapshot that it was trained on is found by the digest in its manifest. All of it counts as seen, since what was
 * not trained on was decided on, except for what its groups CSV holds out as 'test'. A test split that the run drew for
 * itself is measured in the run's own evaluation. Groups are compared within one dataset name or one source.
 */
export async function overlapWithTraining(
  database: Database,
  snapshotDigest: string | null,
  snapshot: SnapshotRow,
): Promise<TrainingOverlap> {
  if (snapshotDigest === null) {
    const sentence =
      'Overlap with the training data could not be checked: the version does not say what it was trained on.';
    return { isContaminated: false, sentence };
  }
  if (snapshot.digest === snapshotDigest) {
    const sentence =
      'This is no evaluation: the version was trained on this very snapshot. What it is worth on the images held out ' +
      "from training stands in the evaluation of the split 'test' that was recorded with it.";
    return { isContaminated: true, sentence };
  }
  const trainingSnapshots = await snapshotsWithDigest(database, snapshotDigest);
  const [training] = trainingSnapshots;
  if (!training) {
    const sentence =
      'Overlap with the training data could not be checked: the snapshot that the version was trained on, digest ' +
      `${snapshotDigest}, is not on this server.`;
    return { isContaminated: false, sentence };
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
    return { isContaminated: true, sentence };
  }
  return { isContaminated: false, sentence: cleanSentence(trainedOn, compareGroups, shared.everyGroupKnown) };
}

function cleanSentence(trainedOn: string, compareGroups: boolean, everyGroupKnown: boolean): string {
  if (compareGroups && everyGroupKnown) return `No image and no patient (group) is in ${trainedOn}.`;
  const reason = compareGroups
    ? 'not every image has a group'
    : 'the two are of different datasets, and a name of one need not mean the same person in the other';
  return `No image is in ${trainedOn}. Whether a patient is cannot be known: ${reason}.`;
}
