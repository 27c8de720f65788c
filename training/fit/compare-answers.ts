import type { Rates } from '../../server/artifact/fit-record.js';
import { randomFrom } from '../../server/imaging/seeded-random.js';
import { bootstrapUnits } from '../../evaluation/bootstrap.js';
import { quantile, type Scored } from '../../evaluation/measure-scores.js';
import { givingWay } from './give-way.js';

/** Two versions' answers for the same cells, in the same order. */
export interface PairedAnswers {
  before: readonly Scored[];
  after: readonly Scored[];
}

/** The figures of both, and the difference after minus before. */
export interface Comparison {
  before: Rates;
  after: Rates;
  difference: Rates;
}

const REPLICATES = 1000;

type Values = Record<keyof Rates, number | null>;

/**
 * Compares two versions' answers for the same cells. The 95 % intervals are of a paired bootstrap: each sample draws whole patients (cells
 * without one singly) with replacement and takes both answers of every drawn cell. With few patients this interval is too narrow,
 * so single cells are drawn as well, and the wider interval is reported. Gives other work its turn between the samples.
 * @param isInterval whether to compute intervals
 * @throws the reason of `signal` when it is aborted
 */
export async function compareAnswers(
  { before, after }: PairedAnswers,
  isInterval: boolean,
  signal?: AbortSignal,
): Promise<Comparison> {
  const giveWay = givingWay(signal);
  const columns = { before: columnsOf(before), after: columnsOf(after) };
  const valuesWith = (weights: Float64Array) => ({
    before: valuesOf(columns.before, weights),
    after: valuesOf(columns.after, weights),
  });
  const estimates = valuesWith(new Float64Array(before.length).fill(1));
  const samples: { before: Values; after: Values }[][] = [];
  for (const units of isInterval ? bootstrapUnits(before) : []) samples.push(await draw(units));
  const rates = (of: (sample: { before: Values; after: Values }) => Values): Rates => {
    const estimate = of(estimates);
    const entry = (name: keyof Values) => ({
      estimate: estimate[name],
      interval:
        estimate[name] === null ? null : widest(samples.map((own) => own.map((sample) => of(sample)[name]))),
    });
    return {
      sensitivity: entry('sensitivity'),
      specificity: entry('specificity'),
      balancedAccuracy: entry('balancedAccuracy'),
      expectedCalibrationError: entry('expectedCalibrationError'),
      brierScore: entry('brierScore'),
      coverage: entry('coverage'),
      selectiveError: entry('selectiveError'),
    };
  };
  return {
    before: rates((sample) => sample.before),
    after: rates((sample) => sample.after),
    difference: rates((sample) => difference(sample.before, sample.after)),
  };

  async function draw(units: readonly number[]): Promise<{ before: Values; after: Values }[]> {
    const count = new Set(units).size;
    const random = randomFrom(1, 'paired bootstrap');
    const drawings: { before: Values; after: Values }[] = [];
    while (drawings.length < REPLICATES) {
      await giveWay();
      const drawn = new Uint32Array(count);
      for (let each = 0; each < count; each++) {
        const unit = random.below(count);
        drawn[unit] = (drawn[unit] ?? 0) + 1;
      }
      drawings.push(valuesWith(Float64Array.from(units, (unit) => drawn[unit] ?? 0)));
    }
    return drawings;
  }
}

/** The 2.5 % and 97.5 % quantiles of each list of samples, as far apart as any of them; null without samples. */
function widest(samples: readonly (number | null)[][]): [number, number] | null {
  const bounds = samples.flatMap((values) => {
    const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
    const [lower, upper] = [quantile(sorted, 0.025), quantile(sorted, 0.975)];
    return lower === undefined || upper === undefined ? [] : [{ lower, upper }];
  });
  if (bounds.length === 0) return null;
  return [Math.min(...bounds.map(({ lower }) => lower)), Math.max(...bounds.map(({ upper }) => upper))];
}

const BINS = 10;

/** What the figures need of each answer: computed once for all samples. */
interface Columns {
  isPositive: Uint8Array;
  isRight: Uint8Array;
  isAnswered: Uint8Array;
  /** Probability minus outcome (0 or 1). */
  error: Float64Array;
  /** Of the reliability curve. */
  bin: Uint8Array;
}

function columnsOf(scored: readonly Scored[]): Columns {
  return {
    isPositive: Uint8Array.from(scored, ({ isPositive }) => Number(isPositive)),
    isRight: Uint8Array.from(scored, ({ isPositive, calledPositive }) =>
      Number(isPositive === calledPositive),
    ),
    isAnswered: Uint8Array.from(scored, ({ abstained }) => Number(!abstained)),
    error: Float64Array.from(scored, ({ isPositive, probability }) => probability - Number(isPositive)),
    bin: Uint8Array.from(scored, ({ probability }) => Math.min(BINS - 1, Math.floor(probability * BINS))),
  };
}

/** The figures of weighted answers, as `evaluate` defines them. */
function valuesOf({ isPositive, isRight, isAnswered, error, bin }: Columns, weights: Float64Array): Values {
  let [all, positives, rightPositives, right, answered, rightAnswered, squares] = [0, 0, 0, 0, 0, 0, 0];
  const bins = new Float64Array(BINS);
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index] ?? 0;
    if (weight === 0) continue;
    const ofRight = weight * (isRight[index] ?? 0);
    all += weight;
    positives += weight * (isPositive[index] ?? 0);
    right += ofRight;
    rightPositives += ofRight * (isPositive[index] ?? 0);
    answered += weight * (isAnswered[index] ?? 0);
    rightAnswered += ofRight * (isAnswered[index] ?? 0);
    const miss = error[index] ?? NaN;
    squares += weight * miss * miss;
    const own = bin[index] ?? 0;
    bins[own] = (bins[own] ?? 0) + weight * miss;
  }
  const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : null);
  const sensitivity = ratio(rightPositives, positives);
  const specificity = ratio(right - rightPositives, all - positives);
  return {
    sensitivity,
    specificity,
    balancedAccuracy: sensitivity === null || specificity === null ? null : (sensitivity + specificity) / 2,
    expectedCalibrationError: ratio(
      bins.reduce((sum, sumOfBin) => sum + Math.abs(sumOfBin), 0),
      all,
    ),
    brierScore: ratio(squares, all),
    coverage: ratio(answered, all),
    selectiveError: ratio(answered - rightAnswered, answered),
  };
}

function difference(before: Values, after: Values): Values {
  const of = (name: keyof Values) => {
    const [one, other] = [before[name], after[name]];
    return one === null || other === null ? null : other - one;
  };
  return {
    sensitivity: of('sensitivity'),
    specificity: of('specificity'),
    balancedAccuracy: of('balancedAccuracy'),
    expectedCalibrationError: of('expectedCalibrationError'),
    brierScore: of('brierScore'),
    coverage: of('coverage'),
    selectiveError: of('selectiveError'),
  };
}
