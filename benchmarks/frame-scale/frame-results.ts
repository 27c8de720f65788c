import { calibratedProbability } from '../../server/decision/interpret.js';
import type { DecisionRules } from '../../training/calibration/derive-decision-rules.js';
import type { MemberAnswer } from './member-answers.js';
import type { Surroundings } from './change-frame.js';

/** What was answered in one frame. Shares are 0–1. */
export interface FrameResult {
  /** The frame relative to that of the picture. */
  factor: number;
  /** Null where the frame is within the picture. */
  surroundings: Surroundings | null;
  /** The share of the positive cells that are CLASSIFIED as negative. */
  missed: number;
  /** The share of the negative cells that are CLASSIFIED as positive. */
  falseAlarms: number;
  /** The share of the answers that are CLASSIFIED. */
  coverage: number;
  /** At the decision threshold, over all cells, also those whose answer is withheld. */
  balancedAccuracy: number;
  /** How often each warning was given. */
  warnings: Record<string, number>;
}

export function summarise(
  rules: DecisionRules,
  answers: readonly MemberAnswer[],
  isPositive: readonly boolean[],
): Omit<FrameResult, 'factor' | 'surroundings'> {
  const [negative, positive] = rules.classes;
  const rows = answers.map((answer, position) => ({ ...answer, isPositive: isPositive[position] ?? false }));
  const positives = rows.filter((row) => row.isPositive);
  const negatives = rows.filter((row) => !row.isPositive);
  const share = (of: readonly MemberAnswer[], has: (row: MemberAnswer) => boolean) =>
    of.filter(has).length / of.length;
  const isClassified = (as?: string) => (row: MemberAnswer) =>
    row.outcome === 'CLASSIFIED' && (as === undefined || row.label === as);
  const isCalledPositive = ({ logit }: MemberAnswer) =>
    calibratedProbability(rules.calibration, logit) >= rules.decisionThreshold;
  const warnings: Record<string, number> = {};
  for (const warning of rows.flatMap((row) => row.qualityWarnings))
    warnings[warning] = (warnings[warning] ?? 0) + 1;
  return {
    missed: share(positives, isClassified(negative)),
    falseAlarms: share(negatives, isClassified(positive)),
    coverage: share(rows, isClassified()),
    balancedAccuracy: (share(positives, isCalledPositive) + 1 - share(negatives, isCalledPositive)) / 2,
    warnings,
  };
}

/** The results as a Markdown table. */
export function frameTable(results: readonly FrameResult[], positiveLabel: string): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rows = results.map(({ factor, surroundings, warnings, ...result }) => [
    `${factor}`,
    surroundings ?? '–',
    percent(result.missed),
    percent(result.falseAlarms),
    percent(result.coverage),
    result.balancedAccuracy.toFixed(4),
    Object.entries(warnings)
      .sort()
      .map(([warning, count]) => `${warning} ${count}`)
      .join(', '),
  ]);
  return [
    `| frame | surroundings | ${positiveLabel} CLASSIFIED as other | others CLASSIFIED as ${positiveLabel} | coverage | balanced accuracy | warnings |`,
    '| ---: | --- | ---: | ---: | ---: | ---: | --- |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}
