import { negativeLabel } from '../../artifact/negative-label.js';
import type { SnapshotItem } from '../datasets/snapshot-items.js';
import { counted, type Finding, tallyOf, tallyOfItems } from '../datasets/validation/finding.js';
import type { ReviewedCell } from './reviewed-cells.js';

/** What a snapshot of reviews has besides the items of its base. */
export interface Combination {
  /** The cells whose images are not in the base. */
  cells: ReviewedCell[];
  /** The group of the base to which a case belongs, because they have an image in common or the group has the name of the case. */
  groupOfCase: Map<string, string>;
  /** Whether the base gives each item its split. */
  hasSplits: boolean;
  /** The split of each group of the base. */
  splitOfGroup: Map<string, string>;
  findings: Finding[];
}

/**
 * Compares reviewed cells with the items of a base snapshot, by the SHA-256 of their images. An image that is in both counts once, as the item of
 * the base. A cell whose label contradicts the base is an ERROR, and so is a label that the base does not have, except 'not LABEL' for one of
 * its labels.
 */
export function combineWithBase(base: readonly SnapshotItem[], cells: readonly ReviewedCell[]): Combination {
  const itemOfImage = new Map(base.map((item) => [item.imageSha256, item]));
  const labels = new Set(base.map(({ label }) => label));
  const isKnown = (label: string) =>
    labels.has(label) || [...labels].some((known) => label === negativeLabel(known));
  const unknown = [...new Set(cells.map(({ label }) => label))].filter((label) => !isKnown(label));

  const added: ReviewedCell[] = [];
  const conflicts: { key: string; example: string }[] = [];
  const groups = new Set(base.map(({ group }) => group));
  const groupOfCase = new Map(
    cells.flatMap(({ caseReference }) =>
      caseReference !== null && groups.has(caseReference) ? [[caseReference, caseReference]] : [],
    ),
  );
  for (const cell of cells) {
    const item = cell.frame.length === 0 ? itemOfImage.get(cell.imageSha256) : undefined;
    if (!item) {
      added.push(cell);
      continue;
    }
    if (contradicts(item.label, cell.label)) {
      conflicts.push({ key: item.key, example: `${item.key}: ${item.label}, reviewed as ${cell.label}` });
    }
    if (item.group !== null && cell.caseReference !== null) groupOfCase.set(cell.caseReference, item.group);
  }
  const known = cells.length - added.length;
  const findings: Finding[] = [
    {
      check: 'base-and-reviews',
      severity: 'INFO',
      message:
        `${counted(base.length, 'item')} come from the base snapshot and ${counted(added.length, 'item')} from reviews.` +
        (known === 0
          ? ''
          : ` ${counted(known, 'reviewed image')} ${known === 1 ? 'is in the base too and counts' : 'are in the base too and count'} once.`),
      count: added.length,
      examples: [],
    },
  ];
  if (unknown.length > 0) {
    findings.push({
      check: 'unknown-label',
      severity: 'ERROR',
      message: `The reviews have labels that the base snapshot does not have: ${unknown.join(', ')}. It has: ${[...labels].join(', ')}. Choose a base with the labels of the version, or a version that was trained on such a base.`,
      ...tallyOf(unknown),
    });
  }
  if (conflicts.length > 0) {
    findings.push({
      check: 'label-conflict',
      severity: 'ERROR',
      message: `The reviews contradict the base snapshot, for ${counted(conflicts.length, 'image')}. Decide which label is correct: review the prediction again, or correct the base.`,
      ...tallyOfItems(conflicts),
      examples: tallyOf(conflicts.map(({ example }) => example)).examples,
    });
  }
  return {
    cells: added,
    groupOfCase,
    hasSplits: base.some(({ split }) => split !== null),
    splitOfGroup: new Map(
      base.flatMap(({ group, split }) => (group !== null && split !== null ? [[group, split]] : [])),
    ),
    findings,
  };
}

/** Whether an image cannot have both labels. A cell that is 'not blast' may have any other label. */
function contradicts(ofBase: string, reviewed: string): boolean {
  return (
    reviewed !== ofBase && (reviewed === negativeLabel(ofBase) || !reviewed.startsWith(negativeLabel('')))
  );
}
