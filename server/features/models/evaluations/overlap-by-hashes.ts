import type { TrainingImage } from '../../../artifact/training-data.js';
import type { SeenData } from './seen-data.js';
import type { TrainingOverlap } from './training-overlap.js';

const TRAINED_ON = 'the training data that the version states by hashes';

/**
 * Compares images with the training data of which a version carries hashes. The name of a group may mean another person than in the
 * training data, so names that occur in both do not make an evaluation invalid, but leave open whether it is valid.
 */
export async function overlapByHashes(
  items: AsyncIterable<TrainingImage> | Iterable<TrainingImage>,
  { hasImage, hasGroup }: SeenData,
): Promise<TrainingOverlap> {
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

/**
 * Whether images, or images of patients, are among the cells that a version was fitted to; null if none is. Both are from this
 * laboratory, so the same name of a patient means the same person.
 * @param seen the fitted cells
 */
export async function overlapWithFit(
  items: AsyncIterable<TrainingImage>,
  { hasImage, hasGroup }: SeenData,
): Promise<TrainingOverlap | null> {
  const groups = new Set<string>();
  let all = 0;
  let images = 0;
  let ofPatients = 0;
  for await (const { imageSha256, group } of items) {
    all++;
    images += Number(hasImage(imageSha256));
    if (group === null || !hasGroup(group)) continue;
    groups.add(group);
    ofPatients++;
  }
  if (images === 0 && groups.size === 0) return null;
  const sentence =
    `Not a valid evaluation: of the ${all} images, ${images} are among the cells that the version was fitted to, and ${ofPatients} ` +
    `are of ${groups.size} patients (groups) whose cells it was fitted to. The metrics would be too optimistic. Evaluate on other ` +
    'patients.';
  return { isContaminated: true, isKnown: true, sentence };
}
