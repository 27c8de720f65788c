import type { CellTypeMetrics, EvaluationMetrics } from '../server/artifact/classification-metrics.js';
import { negativeLabel } from '../server/artifact/negative-label.js';
import { wilsonInterval } from '../server/artifact/wilson-interval.js';
import { areaUnderCurve } from './measure-scores.js';

/** The cell types in a version's answer for one labelled image. */
export interface CellTypeAnswer {
  /** The label of the image. */
  actual: string;
  /** In the order of the version's labels. */
  probabilities: readonly number[];
  /** The named type; null if no type is named. */
  named: string | null;
}

/**
 * The figures of a version's cell types, over the images whose type is known. Null if the images have no label of the version other than the positive one: for example,
 * images that are only divided into blasts and others.
 * @param labels the version's labels
 */
export function measureCellTypes(
  allAnswers: readonly CellTypeAnswer[],
  labels: readonly string[],
  positiveLabel: string,
): CellTypeMetrics | null {
  const answers = allAnswers.filter((answer) => answer.actual !== negativeLabel(positiveLabel));
  const actual = new Set(answers.map((answer) => answer.actual));
  if (!labels.some((label) => label !== positiveLabel && actual.has(label))) return null;
  const unknown = [...actual].filter((label) => !labels.includes(label)).sort();
  const all = [...labels, ...unknown];
  const count = (isCounted: (answer: CellTypeAnswer) => boolean) => answers.filter(isCounted).length;

  return {
    itemCount: answers.length,
    types: all.map((label) => {
      const index = labels.indexOf(label);
      const isKnown = index >= 0;
      const itemCount = count((answer) => answer.actual === label);
      const namedCount = count(({ named }) => named === label);
      const right = count((answer) => answer.named === label && answer.actual === label);
      return {
        label,
        itemCount,
        namedCount,
        auc: isKnown
          ? areaUnderCurve(
              answers.map(({ probabilities }) => probabilities[index] ?? NaN),
              answers.map((answer) => answer.actual === label),
            )
          : null,
        sensitivity: isKnown && itemCount > 0 ? wilsonInterval(right, itemCount) : null,
        precision: namedCount > 0 ? wilsonInterval(right, namedCount) : null,
      };
    }),
    confusionMatrix: all.flatMap((ofActual) =>
      [...labels, null].flatMap((predicted) => {
        const cells = count((answer) => answer.actual === ofActual && answer.named === predicted);
        return cells > 0 ? [{ actual: ofActual, predicted, count: cells }] : [];
      }),
    ),
  };
}

/**
 * The metrics with the figures of the cell types, if there are any.
 * @param labels the version's labels; undefined if it does not know cell types
 */
export function withCellTypes(
  metrics: EvaluationMetrics,
  scored: readonly { cellType: CellTypeAnswer | null }[],
  labels: readonly string[] | undefined,
  positiveLabel: string,
): EvaluationMetrics {
  const answers = scored.flatMap(({ cellType }) => cellType ?? []);
  const cellTypes = labels ? measureCellTypes(answers, labels, positiveLabel) : null;
  return cellTypes ? { ...metrics, cellTypes } : metrics;
}
