import type { CellTypes } from '../../server/artifact/manifest.js';
import { cellTypeProbabilities, cellTypeScores } from '../../server/inference/cell-types.js';
import { joinCellTypes } from '../network/join-cell-types.js';
import type { TrainedMember } from '../recipe/train-member.js';
import type { TrainingPlan } from '../recipe/plan-training.js';
import { cellTypeThreshold, FEWEST_TRAINING_CELLS } from './cell-type-thresholds.js';
import { fitTemperature, type LabelledScores } from './fit-temperature.js';

/**
 * The second head of a version: the members' scores joined, with a temperature and thresholds from the scores of held-out images, each
 * scored by the member that it was held out from. An image that is scored several times, as simulated scanners show it, counts as one
 * image altogether. Null if the members have no second head.
 * @param labelOf the labels of all items
 */
export function deriveCellTypes(
  labelOf: readonly string[],
  plan: Pick<TrainingPlan, 'members'>,
  members: readonly TrainedMember[],
): CellTypes | null {
  const joined = joinCellTypes(members.map((member) => member.cellTypes));
  if (!joined) return null;
  const { labels } = joined;
  const images = heldOutScores(labelOf, members);
  const temperature = fitTemperature(images);
  const answers = images.map(({ scores, ...image }) => {
    const probabilities = cellTypeProbabilities(scores, temperature);
    const probability = Math.max(...probabilities);
    return { ...image, probability, highest: probabilities.indexOf(probability) };
  });
  const trained = new Set(plan.members.flatMap(({ train }) => train));
  const thresholds = labels.map((label, index) => {
    const cells = [...trained].filter((item) => labelOf[item] === label).length;
    if (cells < FEWEST_TRAINING_CELLS) return null;
    return cellTypeThreshold(
      label,
      answers.map(({ highest, probability, actual, weight }) => ({
        probability: highest === index ? probability : null,
        actual: labels[actual] ?? '',
        weight,
      })),
    );
  });
  return { ...joined, temperature, thresholds };
}

function heldOutScores(labelOf: readonly string[], members: readonly TrainedMember[]): LabelledScores[] {
  const times = new Map<number, number>();
  for (const { heldOut } of members)
    for (const { indices } of heldOut)
      for (const index of indices) times.set(index, (times.get(index) ?? 0) + 1);
  return members.flatMap(({ cellTypes, heldOut }) =>
    heldOut.flatMap(({ indices, embeddings }) =>
      indices.flatMap((index, position) => {
        const embedding = embeddings[position];
        if (!cellTypes || !embedding) return [];
        const actual = cellTypes.labels.indexOf(labelOf[index] ?? '');
        if (actual < 0) return []; // its type is not known
        return [
          { scores: cellTypeScores(cellTypes, embedding), actual, weight: 1 / (times.get(index) ?? 1) },
        ];
      }),
    ),
  );
}
