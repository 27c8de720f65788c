import type { CellTypes } from '../../server/decision/decision-rules.js';
import { cellTypeProbabilities, cellTypeScores } from '../../server/decision/cell-types.js';
import { joinCellTypes } from '../network/join-cell-types.js';
import type { TrainedMember } from '../recipe/train-member.js';
import type { TrainingPlan } from '../recipe/plan-training.js';
import { cellTypeThreshold, FEWEST_TRAINING_CELLS } from './cell-type-thresholds.js';
import { fitTemperature, type LabelledScores } from './fit-temperature.js';

/**
 * The second head of a version: the members' scores joined, with a temperature and thresholds from the scores of held-out images, each
 * scored by the member that it was held out from. An image that is scored several times, as simulated scanners show it, counts as one
 * image altogether. Null if the members have no second head.
 * @param items all items that the plan numbers
 */
export function deriveCellTypes(
  items: readonly LabelledItem[],
  plan: Pick<TrainingPlan, 'members'>,
  members: readonly TrainedMember[],
): CellTypes | null {
  const joined = joinCellTypes(members.map((member) => member.cellTypes));
  if (!joined) return null;
  const { labels } = joined;
  const images = heldOutScores(items, members);
  const temperature = fitTemperature(images);
  const answers = images.map(({ scores, ...image }) => {
    const probabilities = cellTypeProbabilities(scores, temperature);
    const probability = Math.max(...probabilities);
    return { ...image, probability, highest: probabilities.indexOf(probability) };
  });
  const trained = new Set(plan.members.flatMap(({ train }) => train));
  const thresholds = labels.map((label, index) => {
    const cells = [...trained].filter((item) => items[item]?.label === label).length;
    if (cells < FEWEST_TRAINING_CELLS) return null;
    return cellTypeThreshold(
      label,
      answers.map(({ highest, probability, actual, weight, group }) => ({
        probability: highest === index ? probability : null,
        actual: labels[actual] ?? '',
        ...{ weight, group },
      })),
    );
  });
  return { ...joined, temperature, thresholds };
}

interface LabelledItem {
  label: string;
  /** Patient or slide; null if unknown. */
  group: string | null;
}

function heldOutScores(
  items: readonly LabelledItem[],
  members: readonly TrainedMember[],
): (LabelledScores & { group: string | null })[] {
  const times = new Map<number, number>();
  for (const { heldOut } of members)
    for (const { indices } of heldOut)
      for (const index of indices) times.set(index, (times.get(index) ?? 0) + 1);
  return members.flatMap(({ cellTypes, heldOut }) =>
    heldOut.flatMap(({ indices, embeddings }) =>
      indices.flatMap((index, position) => {
        const embedding = embeddings[position];
        const item = items[index];
        if (!cellTypes || !embedding || !item) return [];
        const actual = cellTypes.labels.indexOf(item.label);
        if (actual < 0) return []; // its type is not known
        const scores = cellTypeScores(cellTypes, embedding);
        return [{ scores, actual, weight: 1 / (times.get(index) ?? 1), group: item.group }];
      }),
    ),
  );
}
