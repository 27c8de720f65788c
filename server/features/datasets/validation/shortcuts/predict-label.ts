import { randomFrom } from '../../../../imaging/seeded-random.js';
import { blocksOf, dealIntoFolds } from './folds.js';
import { prepareCrossValidation, type Table } from './linear-classifier.js';
import { permuteLabels } from './permute-labels.js';

const FOLDS = 5;
/** 199 permutations resolve p to 0.005, and their 97.5 % quantile is their fifth largest: stable to about ±0.01 of AUC. */
const PERMUTATIONS = 199;
/** A label with fewer images is not predicted separately: five folds would have less than two images each. */
const FEWEST_IMAGES = 10;

/** The label and group of a row of the features. */
interface LabelledRow {
  label: string;
  /** Null: unknown. */
  group: string | null;
}

/** How well a label can be predicted from some features, on held-out images. */
export interface LabelPrediction {
  /** The label that is predicted best, and its AUC against the rest. */
  label: string;
  auc: number;
  labelCount: number;
  /** The range of the best AUC in 95 % of the permutations of the labels: the result of chance alone. */
  chance: [lower: number, upper: number];
  /** The permutation p-value: the share of permutations with an AUC at least as high, counting the observed labels as one (Phipson and Smyth 2010). */
  p: number;
  /** Whether the folds were split by patient, so that no patient was in both the training and the held-out data. */
  byGroup: boolean;
}

/**
 * Cross-validates a small classifier of the labels. Null if fewer than two labels have enough images. Folds are split by group if
 * every label has images of at least as many groups as there are folds; with fewer, a fold could not be predicted from the
 * others. The best label's AUC is reported rather than the mean, because one class of different origin among seven would hardly
 * change the mean. Its chance interval is that of the best label under permutation, so testing several labels causes no
 * additional false alarms.
 */
export function predictLabel(features: Table, rows: readonly LabelledRow[]): LabelPrediction | null {
  const labels = rows.map(({ label }) => label);
  const names = [...new Set(labels)].sort();
  const codes = Uint8Array.from(labels, (label) => names.indexOf(label));
  const frequent = names.filter((name) => labels.filter((label) => label === name).length >= FEWEST_IMAGES);
  if (frequent.length < 2) return null;
  // With two labels, one against the rest is the same as the other against the rest.
  const judged = names.length === 2 ? names.slice(0, 1) : frequent;

  const byGroup = names.every(
    (name) => new Set(rows.flatMap(({ label, group }) => (label === name && group) || [])).size >= FOLDS,
  );
  const groups = rows.map(({ group }) => (byGroup ? group : null));
  const folds = dealIntoFolds(codes, groups, FOLDS, randomFrom('shortcut folds'));
  const crossValidate = prepareCrossValidation(features, folds);
  const aucs = (of: Uint8Array) =>
    judged.map((name) => crossValidate(of.map((code) => Number(names[code] === name))));
  const best = (values: number[]) => Math.max(...values.filter((value) => !Number.isNaN(value)));

  const observed = aucs(codes);
  const auc = best(observed);
  const blocks = blocksOf(groups);
  const permuted = Float64Array.from({ length: PERMUTATIONS }, (_, index) =>
    best(aucs(permuteLabels(codes, blocks, randomFrom('shortcut permutation', index)))),
  ).sort();
  const quantile = (share: number) => permuted[Math.round(share * (PERMUTATIONS - 1))] ?? 0.5;
  return {
    label: judged[observed.indexOf(auc)] ?? '',
    auc,
    labelCount: names.length,
    chance: [quantile(0.025), quantile(0.975)],
    p: (1 + permuted.filter((value) => value >= auc).length) / (1 + PERMUTATIONS),
    byGroup,
  };
}
