import type { ClassificationTarget } from '../predictions/classification-queue.js';
import { positiveProbability } from '../predictions/explain.js';
import type { HeldImage } from './held-images.js';

/** What the queue needs to upload an image that this device has kept: the file, and where it goes, with the answer of the device. */
export function uploadOf(image: HeldImage): [files: File[], target: ClassificationTarget] {
  const { id, file, fileName, target, state } = image;
  const deviceAnswer =
    state.kind === 'answered'
      ? {
          modelVersionId: state.version.id,
          outcome: state.result.outcome,
          label: state.result.label,
          probability: positiveProbability({
            probabilities: state.result.probabilities,
            modelVersion: state.version,
          }),
          answeredAt: state.answeredAt,
        }
      : null;
  return [[new File([file], fileName, { type: file.type })], { ...target, held: { id, deviceAnswer } }];
}
