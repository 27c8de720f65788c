import type { CellType } from '../../../graphql/graphql.js';
import { capitalised } from '../../../ui/format.js';
import { cellTypeLabels, outcomeLabels, verdictLabels } from '../../../ui/labels.js';
import { positiveProbability } from '../../predictions/explain.js';
import { answeredCellType, isCellType } from '../../reviews/answered-cell-type.js';
import type { GalleryCell } from './gallery-queries.js';
import { blastsAndEquivalents, type ReviewChoice } from './review-choice.js';

/** By what the cells are grouped. */
export type Grouping = 'answer' | 'cell type';

export interface CellGroup {
  key: string;
  title: string;
  /** What it means to drop a cell here; null: nothing. */
  choice: ReviewChoice | null;
  /** The most probable positive cell first. */
  cells: GalleryCell[];
}

/** What is known about a cell: what the newest review says, or else the model's answer. */
export type CellState =
  | { kind: 'label'; label: string; isPositive: boolean }
  | { kind: 'INDETERMINATE' }
  | { kind: 'OUT_OF_DISTRIBUTION' }
  | { kind: 'NOT_A_CELL' }
  | { kind: 'CANNOT_TELL' };

export function stateOf({ outcome, label, reviews, modelVersion }: GalleryCell): CellState {
  const newest = reviews.at(-1);
  if (newest && newest.verdict !== 'LABEL') return { kind: newest.verdict };
  if (!newest && outcome !== 'CLASSIFIED') return { kind: outcome };
  const given = newest?.label ?? label;
  return { kind: 'label', label: given, isPositive: given === modelVersion.positiveLabel };
}

/** The state in one or two words: 'Blast', 'Needs review'. */
export function stateText(state: CellState): string {
  switch (state.kind) {
    case 'label':
      return capitalised(state.label);
    case 'NOT_A_CELL':
    case 'CANNOT_TELL':
      return verdictLabels[state.kind];
    default:
      return outcomeLabels[state.kind];
  }
}

/** A group with its place: blasts, needs review, not recognised, the others, cannot tell, not a cell. */
interface Placed extends Omit<CellGroup, 'cells'> {
  place: number;
}

/** The cells in groups, suspicious groups first. By answer, every label has a group, so that cells can be dropped on it. */
export function arrangeCells(cells: readonly GalleryCell[], grouping: Grouping): CellGroup[] {
  const groups = new Map<string, Placed & CellGroup>();
  const groupOf = (placed: Placed) => {
    const known = groups.get(placed.key);
    if (known) {
      known.place = Math.min(known.place, placed.place);
      return known;
    }
    const group = { ...placed, cells: [] };
    groups.set(placed.key, group);
    return group;
  };
  if (grouping === 'answer') {
    for (const { modelVersion } of cells)
      for (const label of modelVersion.classes)
        groupOf(placeOf({ kind: 'label', label, isPositive: label === modelVersion.positiveLabel }));
  }
  if (cells.length > 0) for (const kind of ['CANNOT_TELL', 'NOT_A_CELL'] as const) groupOf(placeOf({ kind }));
  for (const cell of cells) {
    const state = stateOf(cell);
    groupOf(
      grouping === 'cell type' && state.kind === 'label' ? placeOfType(cell, state) : placeOf(state),
    ).cells.push(cell);
  }
  const sorted = [...groups.values()].toSorted(
    (one, other) => one.place - other.place || compare(one.title, other.title),
  );
  return sorted.map(({ key, title, choice, cells: members }) => ({
    ...{ key, title, choice },
    cells: members.toSorted(
      (one, other) => positiveProbability(other) - positiveProbability(one) || compare(one.id, other.id),
    ),
  }));
}

const places = { INDETERMINATE: 2, OUT_OF_DISTRIBUTION: 3, CANNOT_TELL: 1000, NOT_A_CELL: 1001 } as const;

function placeOf(state: CellState): Placed {
  const title = stateText(state);
  switch (state.kind) {
    case 'label':
      return {
        ...{ key: `label ${state.label}`, title, place: state.isPositive ? 1 : 10 },
        choice: { kind: 'label', label: state.label },
      };
    case 'NOT_A_CELL':
    case 'CANNOT_TELL':
      return { key: state.kind, title, place: places[state.kind], choice: { kind: state.kind } };
    default:
      return { key: state.kind, title, place: places[state.kind], choice: null };
  }
}

const types = Object.keys(cellTypeLabels).filter(isCellType);

/** The group of the cell's type. */
function placeOfType(cell: GalleryCell, state: CellState & { kind: 'label' }): Placed {
  const type = typeOf(cell);
  if (type === null) {
    const title = `${capitalised(state.label)}, type not stated`;
    return {
      ...{ key: `label ${state.label}`, title, place: state.isPositive ? 1 : 999 },
      choice: { kind: 'label', label: state.label },
    };
  }
  const isBlast = blastsAndEquivalents.has(type);
  return {
    ...{ key: `type ${type}`, title: cellTypeLabels[type], place: isBlast ? 0 : 10 + types.indexOf(type) },
    choice: { kind: 'type', cellType: type },
  };
}

/** The type that the newest review states, or else the model: the differential counts the cell by it. */
export function typeOf({ reviews, cellType }: GalleryCell): CellType | null {
  const newest = reviews.at(-1);
  return newest ? newest.cellType : answeredCellType(cellType);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
