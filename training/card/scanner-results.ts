import type { EvaluationMetrics, Interval } from '../../server/artifact/classification-metrics.js';
import { evaluate, type Scored } from '../../evaluation/measure-scores.js';

/** The answers for the original images (null), or for the same images as a simulated scanner would record them. */
export interface ScannerAnswers {
  scanner: string | null;
  scored: Scored[];
}

/** How good the answers are. */
export interface ScannerResult {
  scanner: string | null;
  /** Has intervals only for the original images. */
  metrics: EvaluationMetrics;
  selectiveError: number | null;
}

/** Evaluates the answers for each scanner; `classes` is [negative, positive], `seed` that of the bootstrap. */
export function scannerResults(
  answers: readonly ScannerAnswers[],
  classes: readonly [string, string],
  seed: number,
): ScannerResult[] {
  return answers.map(({ scanner, scored }) => ({
    scanner,
    metrics: evaluate(scored, { classes, seed, ...(scanner === null ? {} : { replicates: 0 }) }),
    selectiveError: selectiveError(scored),
  }));
}

/** The share of wrong answers among those that are not withheld; null if all are withheld. */
export function selectiveError(scored: readonly Scored[]): number | null {
  const standing = scored.filter(({ abstained }) => !abstained);
  if (standing.length === 0) return null;
  return (
    standing.filter(({ isPositive, calledPositive }) => isPositive !== calledPositive).length /
    standing.length
  );
}

/**
 * The results as a Markdown table: the images as they are with 95 % intervals, then as each simulated scanner shows them.
 * Coverage is the share of answers that are not withheld; the selective error is the share of these that are wrong.
 */
export function scannerTable(results: readonly ScannerResult[]): string {
  const row = ({ scanner, metrics, selectiveError: error }: ScannerResult) => {
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
  return [
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
