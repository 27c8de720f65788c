import { join } from 'node:path';
import type { Split } from '../../server/features/datasets/groups-csv.js';
import { foldItems, splitItems } from '../dataset/split.js';
import type { Scored } from '../../evaluation/measure-scores.js';
import { type ScannerResult, scannerResults, scannerTable } from '../card/scanner-results.js';
import { trainModel } from '../train-model.js';
import type { TrainedModel, TrainingDependencies, TrainingTask } from '../training-task.js';

/** The performance of a recipe on patients that the models were not trained on, pooled over the folds. */
export interface CrossValidated {
  folds: number;
  /** First the images as they are (null), then as each simulated scanner shows them. */
  results: ScannerResult[];
}

/**
 * Cross-validates a recipe by group (patient). Trains a model for each fold on the patients of the other folds, of whom
 * some are held out for early stopping, calibration and decision rules. Pools the answers for each fold's own images, by
 * the model that was not trained on their patients. Splits of the snapshot are ignored.
 *
 * Continues from the fold and epoch where an earlier attempt stopped. The same task gives the same metrics on one machine.
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
