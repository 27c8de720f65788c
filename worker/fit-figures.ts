import type { Interval } from '../server/artifact/classification-metrics.js';
import type { Manifest } from '../server/artifact/manifest.js';
import { FEWEST_OF_CLASS } from '../server/features/fitting/cells-problem.js';
import type { FitFigures, FitMetrics } from '../server/features/fitting/fit-figures.js';
import { scoreDistribution, selectiveError, selectiveErrorCurve } from '../evaluation/describe-scores.js';
import { givingWay } from '../evaluation/give-way.js';
import { evaluateInTurns, type Scored } from '../evaluation/measure-scores.js';
import { scoreOf } from '../evaluation/score.js';
import type { FittedArtifact } from '../training/fit/fit-artifact.js';
import { fittingCells } from '../training/fit/fit-rules.js';
import type { LocalCell } from '../training/fit/local-cell.js';
import { type MeasuredFit, measureFit } from '../training/fit/measure-fit.js';

/**
 * The figures of a fit, before and after, with all curves. Gives other work its turn between the bootstrap samples.
 * @param original all cells with their first labels, and those of them that a second look left out; null if no label was changed
 * and no cell was left out
 * @throws the reason of `signal` when it is aborted
 */
export async function figuresOf(
  base: Manifest,
  { artifact: { manifest: fitted }, measured }: FittedArtifact,
  original: { cells: readonly LocalCell[]; leftOut: readonly LocalCell[] } | null,
  signal: AbortSignal,
): Promise<FitFigures> {
  const giveWay = givingWay(signal);
  const describe = async ({ answers, noInterval }: MeasuredFit) => {
    const limited = noInterval === null ? (metrics: FitMetrics) => metrics : withoutIntervals;
    return {
      before: limited(await metricsOf(base, answers.before, giveWay)),
      after: limited(await metricsOf(fitted, answers.after, giveWay)),
    };
  };
  const relabelled = original && fittingCells(original.cells);
  const isMeasurable = relabelled !== null && hasBothClasses(relabelled);
  return {
    ...(await describe(measured)),
    difference: measured.difference,
    original: isMeasurable ? await describe(await measureFit(base, relabelled, signal)) : null,
    hasIntervals: measured.noInterval === null,
    isClearlyBetter: measured.isClearlyBetter,
    notes: [
      measured.leftOut === 'PATIENT'
        ? 'Each cell is answered with rules that were fitted without the cells of its patient.'
        : 'Each cell is answered with rules that were fitted without it. The patients are unknown or too few, so other cells of the same patient may be among the fitted ones, and the figures may be too good.',
      ...(measured.someUnknown === null ? [] : [measured.someUnknown]),
      ...(measured.noInterval === null ? [] : [measured.noInterval]),
      ...leftOutNote(base, original?.leftOut ?? []),
      ...(relabelled && !isMeasurable
        ? ['With the first labels, a class has too few cells to measure the fit.']
        : []),
    ],
  };
}

/** How many cells a second look left out, as a sentence: these are often the difficult cells, which the other figures then lack. */
function leftOutNote(base: Manifest, leftOut: readonly LocalCell[]): string[] {
  if (leftOut.length === 0) return [];
  const agreed = leftOut.filter(
    (cell) => scoreOf(base, cell, cell).calledPositive === cell.isPositive,
  ).length;
  return [
    `A second look left out ${leftOut.length} of the cells, because reviewers differ or give no label: ${agreed} where the first label and the base ` +
      `agreed, and ${leftOut.length - agreed} where they differed. They are only in the figures with the first labels.`,
  ];
}

async function metricsOf(
  { classes, decisionThreshold, abstentionBand, provenance }: Manifest,
  answers: readonly Scored[],
  giveWay: () => Promise<void>,
): Promise<FitMetrics> {
  return {
    ...(await evaluateInTurns(answers, { classes, seed: provenance.seed }, giveWay)),
    ...{ decisionThreshold, abstentionBand },
    selectiveError: selectiveError(answers),
    selectiveErrorCurve: selectiveErrorCurve(answers),
    scoreDistribution: scoreDistribution(answers),
  };
}

/** The metrics with the intervals that are right for any cells, from 0 to 1, because those of a bootstrap would be too narrow. */
function withoutIntervals(metrics: FitMetrics): FitMetrics {
  const { auc, sensitivity, specificity, balancedAccuracy } = metrics;
  const widest = (value: Interval | null) => value && { ...value, lower: 0, upper: 1 };
  return {
    ...metrics,
    auc: widest(auc),
    sensitivity: widest(sensitivity),
    specificity: widest(specificity),
    balancedAccuracy: widest(balancedAccuracy),
  };
}

function hasBothClasses(cells: readonly LocalCell[]): boolean {
  const positives = cells.filter(({ isPositive }) => isPositive).length;
  return Math.min(positives, cells.length - positives) >= FEWEST_OF_CLASS;
}
