import { blastEquivalents, blastTypes } from '../../../../../server/decision/blast-types.js';
import type { CellType, ReviewPredictionInput } from '../../../graphql/graphql.js';
import { readable } from '../../../ui/format.js';
import { cellTypeLabels, cellTypeName, verdictLabels } from '../../../ui/labels.js';
import { answeredCellType } from '../../reviews/answered-cell-type.js';
import type { GalleryCell } from './gallery-queries.js';

/** What a reviewer decides about the selected cells. */
export type ReviewChoice =
  | { kind: 'confirm' }
  | { kind: 'label'; label: string }
  | { kind: 'type'; cellType: CellType }
  | { kind: 'NOT_A_CELL' }
  | { kind: 'CANNOT_TELL' };

/** The choice in words: 'blast', 'Myeloblast', 'not a cell'. */
export function choiceText(choice: ReviewChoice): string {
  switch (choice.kind) {
    case 'confirm':
      return 'the model’s label';
    case 'label':
      return readable(choice.label);
    case 'type':
      return cellTypeLabels[choice.cellType].toLowerCase();
    default:
      return verdictLabels[choice.kind].toLowerCase();
  }
}

/** Blasts, and the cells that count as blasts in some leukaemias. */
export const blastsAndEquivalents: ReadonlySet<CellType> = new Set([...blastTypes, ...blastEquivalents]);

/** The labels that the versions of all these cells have in common. */
export function commonLabels(cells: readonly GalleryCell[]): string[] {
  const [first, ...others] = cells.map(({ modelVersion }) => modelVersion.classes);
  return (first ?? []).filter((label) => others.every((classes) => classes.includes(label)));
}

/** The review of a cell that the choice means, or why the cell cannot have it, as the end of a sentence about the cell. */
export function reviewOf(cell: GalleryCell, choice: ReviewChoice): ReviewPredictionInput | string {
  const newest = cell.reviews.at(-1);
  const base = { predictionId: cell.id, afterReviewId: newest?.id ?? null };
  const labelled = (label: string, cellType: CellType | null) =>
    ({ ...base, verdict: 'LABEL', label, cellType }) as const;
  switch (choice.kind) {
    case 'NOT_A_CELL':
    case 'CANNOT_TELL':
      return { ...base, verdict: choice.kind, label: cell.label };
    case 'confirm':
      if (cell.outcome !== 'CLASSIFIED') return 'has no label of the model that could be confirmed';
      return labelled(cell.label, answeredCellType(cell.cellType));
    case 'label': {
      if (!cell.modelVersion.classes.includes(choice.label))
        return `was classified by a model that does not have the label ${readable(choice.label)}`;
      const isNewest = newest?.verdict === 'LABEL' && newest.label === choice.label;
      const isAnswer = cell.outcome === 'CLASSIFIED' && choice.label === cell.label;
      const modelType = isAnswer ? answeredCellType(cell.cellType) : null;
      return labelled(choice.label, isNewest ? newest.cellType : modelType);
    }
    case 'type': {
      const label = labelOfType(choice.cellType, cell);
      if (label === null)
        return 'was classified by a model whose labels do not say which label this type has';
      return labelled(label, choice.cellType);
    }
  }
}

/** The label of the cell's version that a cell of this type has; null if the labels do not say. */
export function labelOfType(cellType: CellType, { modelVersion }: GalleryCell): string | null {
  const { classes, positiveLabel } = modelVersion;
  const same = classes.find((label) => answeredCellType(label) === cellType);
  if (same !== undefined) return same;
  if (!/blast/i.test(cellTypeName(positiveLabel))) return null;
  if (blastsAndEquivalents.has(cellType)) return positiveLabel;
  const others = classes.filter((label) => label !== positiveLabel);
  return others.length === 1 ? (others[0] ?? null) : null;
}
