import type { Manifest } from '../../server/artifact/manifest.js';
import type { OutOfDistribution, Rules } from '../../server/decision/decision-rules.js';
import { calibratedProbability } from '../../server/decision/interpret.js';
import { joinCellTypes } from '../network/join-cell-types.js';
import type { HeldOutScores, TrainedMember } from '../recipe/train-member.js';
import type { TrainingPlan } from '../recipe/plan-training.js';
import type { TrainingTask } from '../training-task.js';
import { calibrate } from './calibrate.js';
import { abstentionBand, decisionThreshold } from './decide.js';
import { deriveCellTypes } from './derive-cell-types.js';

/** The rules that turn the network's outputs into an answer. */
export type DecisionRules = Rules & Pick<Manifest, 'decisionThreshold'>;

/**
 * Derives the calibration, the decision threshold, the abstention band, the out-of-distribution statistics and the cell types from the
 * scores of held-out images. Each image was scored by the member that it was held out from.
 *
 * The scores of simulated scanners count for all of them except the upper edge of the abstention band. A positive answer is
 * looked at by people and a negative one often is not, so only the negative answers must be as reliable under every scanner.
 */
export function deriveDecisionRules(
  { items, positiveLabel, parameters }: TrainingTask,
  plan: TrainingPlan,
  members: readonly TrainedMember[],
): DecisionRules {
  const heldOut = members.flatMap((member) => member.heldOut);
  const all = labelledLogits(heldOut, items, positiveLabel);
  const asTheyAre = labelledLogits(
    heldOut.filter(({ scanner }) => scanner === null),
    items,
    positiveLabel,
  );
  const calibration = calibrate(all.logits, all.isPositive);
  const probabilitiesOf = ({ logits }: LabelledLogits) =>
    logits.map((logit) => calibratedProbability(calibration, logit));
  const probabilities = probabilitiesOf(all);
  const threshold = decisionThreshold(probabilities, all.isPositive, parameters.targetSensitivity);
  const [low] = abstentionBand(probabilities, all.isPositive, threshold);
  const [, high] = abstentionBand(probabilitiesOf(asTheyAre), asTheyAre.isPositive, threshold);
  const cellTypes = deriveCellTypes(items, plan, members);
  return {
    classes: plan.classes,
    calibration,
    decisionThreshold: threshold,
    abstentionBand: [low, high],
    outOfDistribution: outOfDistributionOf(members),
    ...(cellTypes ? { cellTypes } : {}),
  };
}

interface LabelledLogits {
  logits: readonly number[];
  isPositive: readonly boolean[];
}

function labelledLogits(
  scores: readonly HeldOutScores[],
  items: TrainingTask['items'],
  positiveLabel: string,
): LabelledLogits {
  return {
    logits: scores.flatMap(({ logits }) => Array.from(logits)),
    isPositive: scores.flatMap(({ indices }) =>
      indices.map((index) => items[index]?.label === positiveLabel),
    ),
  };
}

/**
 * The rules for images that only `member` answers: its own out-of-distribution statistics and scores of the cell types instead of all
 * members'.
 */
export function rulesOfMember({ cellTypes, ...rules }: DecisionRules, member: TrainedMember): DecisionRules {
  const own = joinCellTypes([member.cellTypes]);
  return {
    ...rules,
    outOfDistribution: outOfDistributionOf([member]),
    ...(cellTypes && own ? { cellTypes: { ...cellTypes, ...own } } : {}),
  };
}

function outOfDistributionOf(members: readonly TrainedMember[]): OutOfDistribution {
  const gaussians = members.map(({ gaussian }) => gaussian);
  const [only, ...others] = gaussians;
  return only && others.length === 0
    ? { method: 'mahalanobis', ...only }
    : { method: 'mahalanobis-ensemble', members: gaussians };
}
