import { join } from 'node:path';
import type { EvaluationMetrics, Interval } from '../server/artifact/metrics.js';
import type { Split } from '../server/features/datasets/groups-csv.js';
import { foldItems, splitItems } from './dataset/split.js';
import { evaluate, type Scored } from './metrics.js';
import { trainModel, type TrainedModel, type TrainingRoom, type TrainingTask } from './train-model.js';

/** What a recipe is worth on patients that each model had no part of, pooled over the folds. */
export interface CrossValidated {
  folds: number;
  /** First the images as they are (null), then as each simulated scanner shows them. */
  results: { scanner: string | null; metrics: EvaluationMetrics; selectiveError: number | null }[];
}

/**
 * Cross-validation by group (patient): trains a model for each fold on the other folds' patients, stops, calibrates and
 * decides on some of those, and pools the answers for the fold's own images, each by the rules of the model that had not
 * seen its patient. Splits that the snapshot gives are left aside.
 *
 * Goes on from the fold and epoch where an earlier attempt stopped. The same task gives the same figures on one machine.
 */
export async function crossValidate(
  room: TrainingRoom,
  task: TrainingTask,
  folds: number,
  signal: AbortSignal,
): Promise<CrossValidated> {
  const { items, seed, positiveLabel } = task;
  const foldOf = foldItems(
    items.map((item) => ({ ...item, label: String(item.label === positiveLabel) })),
    folds,
    seed,
  );
  const pooled = new Map<string | null, Scored[]>();
  let classes: [string, string] = ['', positiveLabel];
  for (let fold = 0; fold < folds; fold++) {
    room.log.info(`Fold ${fold + 1} of ${folds}`);
    const splits = splitsOf(task, foldOf, fold);
    const trained: TrainedModel = await trainModel(
      { ...room, checkpointPath: join(`${room.checkpointPath}-folds`, `${fold + 1}-of-${folds}`) },
      { ...task, items: items.map((item, index) => ({ ...item, split: splits[index] ?? null })) },
      { onProgress: async () => {}, onEpoch: async () => {} },
      signal,
    );
    classes = trained.artifact.manifest.classes;
    for (const { scanner, scored } of trained.answers) {
      pooled.set(scanner, [...(pooled.get(scanner) ?? []), ...scored]);
    }
  }
  return {
    folds,
    results: [...pooled].map(([scanner, scored]) => ({
      scanner,
      metrics: evaluate(scored, { classes, seed }),
      selectiveError: selectiveError(scored),
    })),
  };
}

/** The split of every item for one fold: the fold is the test split, part of the others' patients the validation split. */
function splitsOf(
  { items, parameters, positiveLabel, seed }: TrainingTask,
  foldOf: readonly number[],
  fold: number,
): Split[] {
  const others = items.flatMap((item, index) =>
    foldOf[index] === fold
      ? []
      : [{ ...item, label: String(item.label === positiveLabel), split: null, index }],
  );
  const options = { seed, validationShare: parameters.validationShare, testShare: 0 };
  const dealt = splitItems(others, options);
  const splits = items.map((): Split => 'test');
  others.forEach(({ index }, position) => (splits[index] = dealt[position] ?? 'train'));
  return splits;
}

/** Share of the answers that stand which are wrong; null where none stands. */
export function selectiveError(scored: readonly Scored[]): number | null {
  const standing = scored.filter(({ abstained }) => !abstained);
  if (standing.length === 0) return null;
  return (
    standing.filter(({ isPositive, calledPositive }) => isPositive !== calledPositive).length /
    standing.length
  );
}

/** The figures as a Markdown table: the images as they are with 95 % intervals, then as each simulated scanner shows them. */
export function crossValidationTable({ folds, results }: CrossValidated): string {
  const row = ({ scanner, metrics, selectiveError: error }: CrossValidated['results'][number]) => {
    const rate = scanner === null ? interval : estimate;
    const { auc, balancedAccuracy, sensitivity, specificity, expectedCalibrationError, abstentionRate } =
      metrics;
    const cells = [
      scanner ?? 'as they are',
      ...[auc, balancedAccuracy, sensitivity, specificity].map(rate),
      ...[expectedCalibrationError, abstentionRate === null ? null : 1 - abstentionRate, error].map(number),
    ];
    return `| ${cells.join(' | ')} |`;
  };
  const [first] = results;
  const groups = first?.metrics.groupCount;
  return [
    `Out of fold, ${folds} folds${groups ? ` by ${groups} groups` : ''}, ${first?.metrics.itemCount ?? 0} images:`,
    '',
    '| images | AUC | balanced accuracy | sensitivity | specificity | ECE | coverage | selective error |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...results.map(row),
  ].join('\n');
}

function interval(value: Interval | null): string {
  return value === null ? '–' : `${number(value.estimate)} (${number(value.lower)}–${number(value.upper)})`;
}

function estimate(value: Interval | null): string {
  return number(value?.estimate ?? null);
}

function number(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}
