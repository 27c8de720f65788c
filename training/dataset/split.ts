import { type Split, splits } from '../../server/features/datasets/groups-csv.js';
import { type Random, randomFrom, shuffle } from '../../server/imaging/seeded-random.js';
import { TrainingDataError } from '../training-data-error.js';

/** The facts about a snapshot's item that splitting needs. */
export interface SplitItem {
  label: string;
  group: string | null;
  split: string | null;
  imageSha256: string;
}

export interface SplitOptions {
  seed: number;
  /** Shares of the whole, 0..1; the rest is for training. A `testShare` of 0 makes no test split. */
  validationShare: number;
  testShare: number;
}

const ATTEMPTS = 30;

/**
 * The split of every item, in the order of `items`.
 *
 * If the snapshot gives splits, they are kept. Otherwise whole groups (patients) are assigned, so that no patient is in two
 * splits; an item without a group is a separate group, and groups that share an image count as one. Each split gets about
 * its share of every label. The same items and seed give the same split.
 *
 * Throws TrainingDataError when a given split is wrong or incomplete, when a group or an image is in two given splits,
 * and when a split would not have every label.
 */
export function splitItems(items: readonly SplitItem[], options: SplitOptions): Split[] {
  const isGiven = items.some((item) => item.split !== null);
  const chosen = isGiven ? givenSplits(items) : dealtSplits(items, options);
  const hasTest = isGiven ? chosen.includes('test') : options.testShare > 0;
  checkLabels(items, chosen, hasTest ? splits : ['train', 'validation']);
  return chosen;
}

function givenSplits(items: readonly SplitItem[]): Split[] {
  const without = items.filter((item) => item.split === null).length;
  if (without > 0) {
    throw new TrainingDataError(
      `${without} of ${items.length} images have no split while others do: give all of them one, or none.`,
    );
  }
  const splitOf = new Map<string, Split>();
  return items.map((item) => {
    const split = splits.find((name) => name === item.split);
    if (!split) throw new TrainingDataError(`The split '${item.split}' is none of: ${splits.join(', ')}.`);
    for (const unit of identitiesOf(item)) {
      const known: Split = splitOf.get(unit) ?? split;
      if (known !== split) {
        throw new TrainingDataError(`The ${unit} is in two splits, ${known} and ${split}: put it into one.`);
      }
      splitOf.set(unit, split);
    }
    return split;
  });
}

function dealtSplits(items: readonly SplitItem[], options: SplitOptions): Split[] {
  const { seed, validationShare, testShare } = options;
  const shares = [1 - validationShare - testShare, validationShare, testShare];
  return dealOut(items, shares, [seed, 'split']).map((part) => splits[part] ?? 'train');
}

/** What must not be in two splits. */
function identitiesOf(item: SplitItem): string[] {
  const image = `image ${item.imageSha256}`;
  return item.group === null ? [image] : [`group (patient) '${item.group}'`, image];
}

function checkLabels(items: readonly SplitItem[], chosen: readonly Split[], wanted: readonly Split[]): void {
  const labels = [...new Set(items.map((item) => item.label))].sort();
  const groups = new Set(items.map((item) => item.group ?? item.imageSha256)).size;
  for (const split of wanted) {
    const present = new Set(items.filter((_, index) => chosen[index] === split).map((item) => item.label));
    const missing = labels.filter((label) => !present.has(label));
    if (missing.length === 0) continue;
    throw new TrainingDataError(
      `The ${split} split would have no image of ${missing.map((label) => `'${label}'`).join(', ')}. ` +
        `The ${items.length} images come from ${groups} groups (patients), which are never divided: ` +
        'more groups with every label are needed, or splits given in the groups CSV.',
    );
  }
}

/** Items that must stay together, by their index. */
interface Unit {
  members: number[];
  /** Count of each label. */
  counts: number[];
}

/**
 * The fold of every item, from 0. Whole groups (patients) are assigned to `folds` parts of about the same size and mixture
 * of labels; splits of the snapshot are ignored. Throws TrainingDataError when a fold would not have every label.
 */
export function foldItems(items: readonly SplitItem[], folds: number, seed: number): number[] {
  const shares = Array.from({ length: folds }, () => 1 / folds);
  const chosen = dealOut(items, shares, [seed, 'fold']);
  const labels = new Set(items.map(({ label }) => label)).size;
  for (let fold = 0; fold < folds; fold++) {
    const present = new Set(items.filter((_, index) => chosen[index] === fold).map(({ label }) => label));
    if (present.size < labels) {
      throw new TrainingDataError(
        `The images come from too few groups (patients) for ${folds} folds that each have every label.`,
      );
    }
  }
  return chosen;
}

/**
 * The part of every item. Assigns the units several times in random order, each to the part that lacks most images, and
 * keeps the best assignment.
 */
function dealOut(
  items: readonly SplitItem[],
  shares: readonly number[],
  seeds: (number | string)[],
): number[] {
  const labels = [...new Set(items.map((item) => item.label))].sort();
  const units = unitsOf(items, labels);
  const totals = labels.map((label) => items.filter((item) => item.label === label).length);
  const targets = shares.map((share) => totals.map((total) => share * total));

  let best: { misfit: number; partOfUnit: Map<Unit, number> } | null = null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const deal = dealOnce(units, targets, randomFrom(...seeds, attempt));
    if (!best || deal.misfit < best.misfit) best = deal;
  }
  const chosen = new Array<number>(items.length).fill(0);
  best?.partOfUnit.forEach((part, { members }) => {
    for (const member of members) chosen[member] = part;
  });
  return chosen;
}

function dealOnce(units: readonly Unit[], targets: readonly number[][], random: Random) {
  const filled = targets.map((target) => target.map(() => 0));
  const partOfUnit = new Map<Unit, number>();
  for (const unit of shuffle([...units], random)) {
    const costs = targets.map((target, split) => {
      const have = filled[split] ?? [];
      const more = have.map((count, label) => count + (unit.counts[label] ?? 0));
      return misfit(more, target) - misfit(have, target);
    });
    const split = costs.indexOf(Math.min(...costs));
    partOfUnit.set(unit, split);
    unit.counts.forEach((count, label) => {
      const have = filled[split];
      if (have) have[label] = (have[label] ?? 0) + count;
    });
  }
  const empty = filled.flatMap((have, split) =>
    have.filter((count, label) => count === 0 && (targets[split]?.[label] ?? 0) > 0),
  ).length;
  const total = filled.reduce((sum, have, split) => sum + misfit(have, targets[split] ?? []), 0);
  // A split that lacks a label is useless: any assignment in which no split lacks a label is better.
  return { misfit: total + empty * 1e9, partOfUnit };
}

/** Pearson's χ² of the counts against the wanted counts; a split with a share of 0 gets no items. */
function misfit(counts: readonly number[], target: readonly number[]): number {
  return counts.reduce((sum, count, label) => {
    const wanted = target[label] ?? 0;
    if (wanted === 0) return count === 0 ? sum : Infinity;
    return sum + (count - wanted) ** 2 / wanted;
  }, 0);
}

/** Joins items that share a group or an image, however long the chain, and lists them in the order of the items. */
function unitsOf(items: readonly SplitItem[], labels: readonly string[]): Unit[] {
  const parent = items.map((_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (parent[root] !== root) root = parent[root] ?? root;
    parent[index] = root;
    return root;
  };
  const firstWith = new Map<string, number>();
  items.forEach((item, index) => {
    for (const identity of identitiesOf(item)) {
      const first = firstWith.get(identity);
      if (first === undefined) firstWith.set(identity, index);
      else parent[rootOf(index)] = rootOf(first);
    }
  });

  const units = new Map<number, Unit>();
  items.forEach((item, index) => {
    const root = rootOf(index);
    const unit = units.get(root) ?? { members: [], counts: labels.map(() => 0) };
    units.set(root, unit);
    unit.members.push(index);
    const label = labels.indexOf(item.label);
    unit.counts[label] = (unit.counts[label] ?? 0) + 1;
  });
  return [...units.values()];
}
