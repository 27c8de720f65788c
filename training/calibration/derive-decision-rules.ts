import type { Manifest, OutOfDistribution } from '../../server/artifact/manifest.js';
import { calibratedProbability, type Rules } from '../../server/inference/interpret.js';
import type { TrainedMember } from '../recipe/train-member.js';
import type { TrainingPlan } from '../recipe/plan-training.js';
import type { TrainingTask } from '../training-task.js';
import { calibrate } from './calibrate.js';
import { abstentionBand, decisionThreshold } from './decide.js';

/** The rules that turn the network's outputs into an answer. */
export type DecisionRules = Rules & Pick<Manifest, 'decisionThreshold'>;

/**
 * Derives the calibration, the decision threshold, the abstention band and the out-of-distribution statistics from the scores
 * of held-out images. Each image was scored by the member that it was held out from.
 */
export function deriveDecisionRules(
  { items, positiveLabel, parameters }: TrainingTask,
  { classes }: TrainingPlan,
  members: readonly TrainedMember[],
): DecisionRules {
  const heldOut = members.flatMap((member) => member.heldOut);
  const logits = heldOut.flatMap((scores) => Array.from(scores.logits));
  const isPositive = heldOut.flatMap(({ indices }) =>
    indices.map((index) => items[index]?.label === positiveLabel),
  );
  const calibration = calibrate(logits, isPositive);
  const probabilities = logits.map((logit) => calibratedProbability(calibration, logit));
  const threshold = decisionThreshold(probabilities, isPositive, parameters.targetSensitivity);
  return {
    classes,
    calibration,
    decisionThreshold: threshold,
    abstentionBand: abstentionBand(probabilities, isPositive, threshold),
    outOfDistribution: outOfDistributionOf(members),
  };
}

/** The rules for images that only `member` answers: its own out-of-distribution statistics instead of all members'. */
export function rulesOfMember(rules: DecisionRules, member: TrainedMember): DecisionRules {
  return { ...rules, outOfDistribution: outOfDistributionOf([member]) };
}

function outOfDistributionOf(members: readonly TrainedMember[]): OutOfDistribution {
  const gaussians = members.map(({ gaussian }) => gaussian);
  const [only, ...others] = gaussians;
  return only && others.length === 0
    ? { method: 'mahalanobis', ...only }
    : { method: 'mahalanobis-ensemble', members: gaussians };
}
