import type { TrainingData } from '../../../artifact/manifest.js';
import { readTrainingData, type TrainingImage } from '../../../artifact/training-data.js';
import type { TrainingOverlap } from './training-overlap.js';

const TRAINED_ON = 'the training data that the version states by hashes';

/**
 * Compares images with the hashes of training data that a version carries. The name of a group may mean another person than in the
 * training data, so names that occur in both do not make an evaluation invalid, but leave open whether it is valid.
 */
export async function overlapByHashes(
  items: AsyncIterable<TrainingImage> | Iterable<TrainingImage>,
  trainingData: TrainingData,
): Promise<TrainingOverlap> {
  const { hasImage, hasGroup } = readTrainingData(trainingData);
  const groups = new Set<string>();
  let all = 0;
  let shared = 0;
  let ofSharedGroups = 0;
  for await (const { imageSha256, group } of items) {
    all++;
    shared += Number(hasImage(imageSha256));
    if (group === null || !hasGroup(group)) continue;
    groups.add(group);
    ofSharedGroups++;
  }
  if (shared > 0) {
    const sentence =
      `Not a valid evaluation: of the ${all} images, ${shared} are also in ${TRAINED_ON}. The metrics would be too optimistic. ` +
      'Evaluate on patients that are not in the training data.';
    return { isContaminated: true, isKnown: true, sentence };
  }
  if (groups.size > 0) {
    const sentence =
      `No image is in ${TRAINED_ON}. But ${ofSharedGroups} of the ${all} images are of ${groups.size} patients (groups) whose ` +
      'names also occur there. Whether these are the same people cannot be checked.';
    return { isContaminated: false, isKnown: false, sentence };
  }
  const sentence = `No image and no name of a patient (group) is in ${TRAINED_ON}.`;
  return { isContaminated: false, isKnown: true, sentence };
}
