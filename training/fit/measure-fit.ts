import type { Rates } from '../../server/artifact/fit-record.js';
import { type BaseRules, deriveRules } from './fit-rules.js';
import { type LeftOutParts, leaveOut } from './leave-out.js';
import type { LocalCell } from './local-cell.js';
import { compareFigures, type PairedEstimates } from '../../evaluation/compare-figures.js';
import { givingWay } from '../../evaluation/give-way.js';
import type { Scored } from '../../evaluation/measure-scores.js';
import { scoreOf } from '../../evaluation/score.js';

/** With fewer patients in a class, no interval is given. */
export const PATIENTS_FOR_INTERVAL = 5;

/** With a larger share of the cells of a class whose patients are unknown, no interval is given: it would treat them as independent. */
const MOST_UNKNOWN = 0.1;

/** The figures of two versions for the same cells, and the difference after minus before. */
interface Comparison {
  before: Rates;
  after: Rates;
  difference: Rates;
}

/** How good a fit is on the cells that it was fitted to, each answered by rules that were fitted without it. */
export interface MeasuredFit extends Comparison {
  leftOut: LeftOutParts['leftOut'];
  /** The answers, in the order of the cells: with the rules of the base version, and with rules fitted without the cell. */
  answers: { before: Scored[]; after: Scored[] };
  /** Why there are no intervals, as a sentence; null if there are. */
  noInterval: string | null;
  /** How many of the cells have no patient, and what follows, as sentences; null if no cell or every cell has none. */
  someUnknown: string | null;
  /** Whether the fit is better than its base by more than chance: see `isClearlyBetter`. */
  isClearlyBetter: boolean;
}

/**
 * Measures a fit by leaving out one patient after the other: the patient's cells are answered by rules that are fitted on the others
 * (`leave-out.ts`). The figures describe the fitted rules a little too pessimistically, because each part is fitted on fewer cells.
 * Gives other work its turn between the parts and between the samples of the intervals.
 * @param cells that can be fitted, at least one of each class without any single cell
 * @throws the reason of `signal` when it is aborted
 */
export async function measureFit(
  base: BaseRules,
  cells: readonly LocalCell[],
  signal?: AbortSignal,
): Promise<MeasuredFit> {
  const giveWay = givingWay(signal);
  const { leftOut, parts } = leaveOut(cells);
  const after: Scored[] = [];
  for (const part of parts) {
    await giveWay();
    const own = new Set(part);
    const { rules } = deriveRules(
      base,
      cells.filter((_, index) => !own.has(index)),
    );
    for (const index of part) {
      const cell = cells[index];
      if (cell) after[index] = scoreOf(rules, cell, cell);
    }
  }
  const before = cells.map((cell) => scoreOf(base, cell, cell));
  const noInterval = reasonForNoInterval(base.classes, cells);
  const comparison = await compare({ before, after }, noInterval === null, signal);
  return {
    ...comparison,
    ...{ leftOut, noInterval, someUnknown: someUnknown(cells), answers: { before, after } },
    isClearlyBetter: isClearlyBetter(comparison),
  };
}

async function compare(
  { before, after }: MeasuredFit['answers'],
  hasIntervals: boolean,
  signal: AbortSignal | undefined,
): Promise<Comparison> {
  const replicates = hasIntervals ? undefined : 0;
  const { figures, differences } = await compareFigures([before, after], { replicates, signal });
  const rates = (estimates: PairedEstimates | undefined) => ratesOf(estimates, hasIntervals);
  return { before: rates(figures[0]), after: rates(figures[1]), difference: rates(differences[0]) };
}

function ratesOf(estimates: PairedEstimates | undefined, hasIntervals: boolean): Rates {
  const entry = (name: keyof Rates): Rates['coverage'] => {
    const value = estimates?.[name] ?? null;
    if (value === null) return { estimate: null, interval: null };
    return { estimate: value.estimate, interval: hasIntervals ? [value.lower, value.upper] : null };
  };
  return {
    sensitivity: entry('sensitivity'),
    specificity: entry('specificity'),
    balancedAccuracy: entry('balancedAccuracy'),
    expectedCalibrationError: entry('expectedCalibrationError'),
    brierScore: entry('brierScore'),
    coverage: entry('coverage'),
    selectiveError: entry('selectiveError'),
  };
}

/**
 * A fit is clearly better if the interval of the paired difference shows a better Brier score, and those of balanced accuracy and selective
 * error do not show that one of them is worse. One figure decides, because each further one would be another chance for a fit that does
 * nothing. Without intervals it is not.
 */
function isClearlyBetter({
  difference: { brierScore, balancedAccuracy, selectiveError },
}: Comparison): boolean {
  const isAbove = ({ interval }: Rates['coverage']) => interval !== null && interval[0] > 0;
  const isBelow = ({ interval }: Rates['coverage']) => interval !== null && interval[1] < 0;
  return isBelow(brierScore) && !isBelow(balancedAccuracy) && !isAbove(selectiveError);
}

function someUnknown(cells: readonly LocalCell[]): string | null {
  const count = cells.filter(({ group }) => group === null).length;
  if (count === 0 || count === cells.length) return null;
  return (
    `The patient is unknown for ${count} of the ${cells.length} fitted cells. Each of these is answered as if it were of a different patient: ` +
    'other cells of the same patient may be among the fitted ones, so the figures may be too good.'
  );
}

function reasonForNoInterval([negative, positive]: readonly [string, string], cells: readonly LocalCell[]) {
  const reasons = [
    { label: positive, own: cells.filter(({ isPositive }) => isPositive) },
    { label: negative, own: cells.filter(({ isPositive }) => !isPositive) },
  ].flatMap(({ label, own }) => {
    const patients = new Set(own.flatMap(({ group }) => group ?? [])).size;
    const unknown = own.filter(({ group }) => group === null).length;
    if (patients === 0) return [`the patients of the cells of '${label}' are unknown`];
    if (unknown > MOST_UNKNOWN * own.length)
      return [`the patient is unknown for ${unknown} of the ${own.length} cells of '${label}'`];
    if (patients >= PATIENTS_FOR_INTERVAL) return [];
    return [`the cells of '${label}' are of ${patients === 1 ? 'one patient' : `${patients} patients`}`];
  });
  if (reasons.length === 0) return null;
  return (
    `There are no intervals, because ${reasons.join(' and ')}; an interval needs ${PATIENTS_FOR_INTERVAL} patients in each class, ` +
    `and the patients of ${100 * (1 - MOST_UNKNOWN)} % of its cells.`
  );
}
