import { join } from 'node:path';
import type { Split } from '../../server/features/datasets/groups-csv.js';
import { foldItems, splitItems } from '../dataset/split.js';
import type { Scored } from '../../evaluation/measure-scores.js';
import { type ScannerResult, scannerResults, scannerTable } from '../card/scanner-results.js';
import { trainModel } from '../train-model.js';
import type { TrainedModel, TrainingDependencies, TrainingTask } from '../training-task.js';

/** What a recipe is worth on patients that each model had no part of, pooled over the folds. */
export interface CrossValidated {
  folds: number;
  /** First the images as they are (null), then as each simulated scanner shows them. */
  results: ScannerResult[];
}

/**
 * Cross-validation by group (patient): trains a model for each fold on the other folds' patients, stops, calibrates and
 * decides on some of those, and pools the answers for the fold's own images, each by the rules of the model that had not
 * seen its patient. Splits that the snapshot gives are left aside.
 *
 * Goes on from the fold and epoch where an earlier attempt stopped. The same task gives the same figures on one machine.
 */
export async function crossValidate(
  dependencies: TrainingDependencies,
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
    dependencies.log.info(`Fold ${fold + 1} of ${folds}`);
    const splits = splitsOf(task, foldOf, fold);
    const trained: TrainedModel = await trainModel(
      {
        ...dependencies,
        checkpointPath: join(`${dependencies.checkpointPath}-folds`, `${fold + 1}-of-${folds}`),
      },
      { ...task, items: items.map((item, index) => ({ ...item, split: splits[index] ?? null })) },
      { onProgress: async () => {}, onEpoch: async () => {} },
      signal,
    );
    classes = trained.artifact.manifest.classes;
    for (const { scanner, scored } of trained.testAnswers) {
      pooled.set(scanner, [...(pooled.get(scanner) ?? []), ...scored]);
    }
  }
  const answers = [...pooled].map(([scanner, scored]) => ({ scanner, scored }));
  return { folds, results: scannerResults(answers, classes, seed) };
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

/** The figures in a sentence and a Markdown table. */
export function crossValidationTable({ folds, results }: CrossValidated): string {
  const [first] = results;
  const groups = first?.metrics.groupCount;
  const heading = `Out of fold, ${folds} folds${groups ? ` by ${groups} groups` : ''}, ${first?.metrics.itemCount ?? 0} images:`;
  return `${heading}\n\n${scannerTable(results)}`;
}
