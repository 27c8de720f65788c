import { randomFrom } from '../../../../imaging/seeded-random.js';
import { blocksOf, dealIntoFolds } from './folds.js';
import { prepareCrossValidation, type Table } from './linear-classifier.js';
import { permuteLabels } from './permute-labels.js';

const FOLDS = 5;
/** 199 permutations resolve p to 0.005, and their 97.5 % quantile is their fifth largest: stable to about ±0.01 of AUC. */
const PERMUTATIONS = 199;
/** A label of fewer images is not told apart on its own: five folds would hold less than two each. */
const FEWEST_IMAGES = 10;

/** What is known of a row of the features. */
interface LabelledRow {
  label: string;
  /** Null: unknown. */
  group: string | null;
}

/** How well a label can be told from some features, on images that were not learned from. */
export interface LabelPrediction {
  /** The label that is told best, and its AUC against the rest. */
  label: string;
  auc: number;
  labelCount: number;
  /** What the best AUC is in 95 % of permutations of the labels: what chance alone gives. */
  chance: [lower: number, upper: number];
  /** Share of the permutations, and of the labels as they are, that give as high an AUC (Phipson and Smyth 2010). */
  p: number;
  /** Whether no patient was both learned from and predicted. */
  byGroup: boolean;
}

/**
 * Cross-validates a small classifier of the labels; null where fewer than two labels have enough images. By group where every
 * label has images of as many groups as there are folds: of fewer, no fold could be predicted from the others. The best label's AUC is judged
 * and not the mean of all, for one class of another origin among seven would hardly move the mean; its chance interval is
 * that of the best label under permutation, so looking at several costs no false alarms.
 */
export function predictLabel(features: Table, rows: readonly LabelledRow[]): LabelPrediction | null {
  const labels = rows.map(({ label }) => label);
  const names = [...new Set(labels)].sort();
  const codes = Uint8Array.from(labels, (label) => names.indexOf(label));
  const frequent = names.filter((name) => labels.filter((label) => label === name).length >= FEWEST_IMAGES);
  if (frequent.length < 2) return null;
  // One of two against the rest is the other against the rest.
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
