import type { LayersModel } from '@tensorflow/tfjs-node';
import type { EvaluationMetrics } from '../server/artifact/classification-metrics.js';
import { withCellTypes } from '../evaluation/measure-cell-types.js';
import { type Answered, scoreOf } from '../evaluation/score.js';
import { type DecisionRules, rulesOfMember } from './calibration/derive-decision-rules.js';
import { type ScannerAnswers, type ScannerResult, scannerResults } from './card/scanner-results.js';
import type { BatchSource } from './dataset/batches.js';
import { SIMULATED_SCANNERS } from './dataset/simulated-scanners.js';
import { type Scores, scoreImages } from './network/score-images.js';
import type { TrainingPlan } from './recipe/plan-training.js';
import type { TrainedMember } from './recipe/train-member.js';
import type { TensorFlow } from './tensorflow/tensorflow.js';
import type { TrainingTask } from './training-task.js';

/** How good a model's answers are. */
export interface ModelScores {
  metrics: { validation: EvaluationMetrics; test: EvaluationMetrics | null };
  /** Results for the original images, then for each simulated scanner. */
  results: { heldOut: ScannerResult[]; test: ScannerResult[] };
  testAnswers: ScannerAnswers[];
}

/**
 * Applies the decision rules to the held-out images, each answered by the member that it was held out from, and to the test
 * split, answered by the assembled network, and measures the answers. Throws the reason of `signal` when it aborts.
 */
export async function scoreModel(
  tf: TensorFlow,
  task: TrainingTask,
  plan: TrainingPlan,
  { model, members, rules }: { model: LayersModel; members: readonly TrainedMember[]; rules: DecisionRules },
  source: BatchSource,
  signal: AbortSignal,
): Promise<ModelScores> {
  const testAnswers: CellAnswers[] = [];
  const looks = [{ name: null, variant: null }, ...SIMULATED_SCANNERS];
  for (const { name, variant } of plan.test.length > 0 ? looks : []) {
    const scores = await scoreImages(tf, model, source, plan.test, signal, variant);
    testAnswers.push({ scanner: name, scored: answersFor(task, rules, plan.test, scores) });
  }
  const answersHeldOut = heldOutAnswers(task, rules, members);
  const results = {
    heldOut: scannerResults(answersHeldOut, plan.classes, task.seed),
    test: scannerResults(testAnswers, plan.classes, task.seed),
  };
  const metricsOf = (answers: readonly CellAnswers[], measured: readonly ScannerResult[]) =>
    metricsOfOriginals(task, rules, answers, measured);
  const validation = metricsOf(answersHeldOut, results.heldOut);
  if (!validation) throw new Error('Nothing was held out.');
  return { metrics: { validation, test: metricsOf(testAnswers, results.test) }, results, testAnswers };
}

/** The answers for the original images (null), or for the same images as a simulated scanner would record them. */
interface CellAnswers extends ScannerAnswers {
  scored: Answered[];
}

/** The answers for held-out images by scanner, pooled over the members. */
function heldOutAnswers(
  task: TrainingTask,
  rules: DecisionRules,
  members: readonly TrainedMember[],
): CellAnswers[] {
  const pooled = new Map<string | null, CellAnswers>();
  for (const member of members) {
    const memberRules = rulesOfMember(rules, member);
    for (const { scanner, indices, ...scores } of member.heldOut) {
      const answers = pooled.get(scanner) ?? { scanner, scored: [] };
      pooled.set(scanner, answers);
      answers.scored.push(...answersFor(task, memberRules, indices, scores));
    }
  }
  return [...pooled.values()];
}

function answersFor(
  { items, positiveLabel }: TrainingTask,
  rules: DecisionRules,
  indices: readonly number[],
  { logits, embeddings }: Scores,
): Answered[] {
  return indices.map((index, position) => {
    const raw = {
      logit: logits[position] ?? NaN,
      embedding: embeddings[position] ?? [],
      qualityWarnings: [],
    };
    const item = items[index];
    return scoreOf(rules, raw, {
      isPositive: item?.label === positiveLabel,
      group: item?.group ?? null,
      cellTypeLabel: item?.label ?? null,
    });
  });
}

/** The metrics of the original images, with the figures of the cell types; null if there are no images. */
function metricsOfOriginals(
  { positiveLabel }: TrainingTask,
  { cellTypes }: DecisionRules,
  answers: readonly CellAnswers[],
  results: readonly ScannerResult[],
): EvaluationMetrics | null {
  const metrics = results.find(({ scanner }) => scanner === null)?.metrics ?? null;
  const originals = answers.find(({ scanner }) => scanner === null)?.scored ?? [];
  return metrics && withCellTypes(metrics, originals, cellTypes?.labels, positiveLabel);
}
