import { type ReviewFilter, UNBIASED_ORIGINS } from '../datasets/review-filter.js';
import { counted, type Finding, tallyOf, tallyOfItems } from '../datasets/validation/finding.js';
import type { ReviewedCell } from './reviewed-cells.js';

/** What a snapshot of these cells has to report about their reviews. An ERROR rejects it before any image is read. */
export function checkReviewedCells(cells: readonly ReviewedCell[], filter: ReviewFilter): Finding[] {
  const checks = [noCells, differentClasses, oneLabel, disputedCells, chosenCells, severalCases];
  return checks.map((check) => check(cells, filter)).filter((finding) => finding !== null);
}

type Check = (cells: readonly ReviewedCell[], filter: ReviewFilter) => Finding | null;

const noCells: Check = (cells, { origins }) => {
  if (cells.length > 0) return null;
  return {
    check: 'no-reviewed-cells',
    severity: 'ERROR',
    message: `No reviewed prediction matches: a review with a label whose origin is ${origins.join(' or ')}, of the requested version, site and time. Review predictions first, or choose other origins.`,
    count: 0,
    examples: [],
  };
};

const differentClasses: Check = (cells) => {
  const lists = [...new Set(cells.flatMap(({ classLists }) => classLists))];
  if (lists.length < 2) return null;
  return {
    check: 'different-classes',
    severity: 'ERROR',
    message: `The predictions come from versions with different classes (${lists.slice(0, 5).join('; ')}), so that one cell type could have two labels. Choose one version.`,
    ...tallyOf(lists),
  };
};

const oneLabel: Check = (cells, { baseSnapshotId }) => {
  const labels = new Set(cells.map(({ label }) => label));
  if (labels.size !== 1 || baseSnapshotId !== null) return null;
  return {
    check: 'one-class',
    severity: 'WARNING',
    message: `All cells have the same label, '${[...labels].join()}'. A model can be trained on them only together with a base snapshot.`,
    ...tallyOf([...labels]),
  };
};

const disputedCells: Check = (cells) => {
  const disputed = cells.filter(({ isDisputed }) => isDisputed);
  if (disputed.length === 0) return null;
  return {
    check: 'conflicting-reviews',
    severity: 'WARNING',
    message: `Reviewers do not agree on ${counted(disputed.length, 'cell')}. Each counts with its newest label. Review them again and create a new snapshot if that label is not correct.`,
    ...tallyOfItems(disputed.map(({ predictionId }) => ({ key: predictionId }))),
  };
};

const chosenCells: Check = (cells) => {
  const chosen = cells.filter(({ origins }) => !origins.some((origin) => UNBIASED_ORIGINS.includes(origin)));
  if (chosen.length === 0) return null;
  return {
    check: 'selected-cells',
    severity: 'WARNING',
    message: `${counted(chosen.length, 'cell')} of ${cells.length.toLocaleString('en')} were reviewed because of their prediction: from a worklist, or to correct it. Such cells are more difficult than others, so the snapshot is not a fair sample, and figures measured on it are not those of daily work.`,
    ...tallyOfItems(chosen.map(({ predictionId }) => ({ key: predictionId }))),
    statistic: chosen.length / cells.length,
  };
};

const severalCases: Check = (cells) => {
  const several = cells.filter(({ caseReferences }) => caseReferences.length > 1);
  if (several.length === 0) return null;
  return {
    check: 'image-in-several-groups',
    severity: 'WARNING',
    message: `The same image belongs to more than one case, for ${counted(several.length, 'image')}. It counts for the case of its newest label. Check the case references.`,
    ...tallyOfItems(several.map(({ predictionId }) => ({ key: predictionId }))),
  };
};
