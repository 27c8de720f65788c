import type { LocalCell } from './local-cell.js';

/** Most parts that are left out in turn. Several patients share one if there are more. */
const MOST_PARTS = 50;

/** Cells divided into parts that are left out in turn. */
export interface LeftOutParts {
  leftOut: 'PATIENT' | 'IMAGE';
  /** Indices of the cells. */
  parts: number[][];
}

/**
 * Divides the cells into parts, each to be answered by rules that are fitted on the others. A part is all cells of a patient; of single
 * images where the patient is unknown. If without some patient a class would have no cells at all, single images are left out instead.
 * The cells of more than 50 patients, or of more than 50 images, are divided into 50 parts.
 */
export function leaveOut(cells: readonly Pick<LocalCell, 'group' | 'isPositive'>[]): LeftOutParts {
  const byPatient = partsOf(cells, ({ group }) => group);
  const positives = cells.filter(({ isPositive }) => isPositive).length;
  const isFitted = byPatient.every((part) => {
    const ofPart = part.filter((index) => cells[index]?.isPositive).length;
    return positives > ofPart && cells.length - positives > part.length - ofPart;
  });
  const isKnown = cells.some(({ group }) => group !== null);
  return isKnown && isFitted
    ? { leftOut: 'PATIENT', parts: byPatient }
    : { leftOut: 'IMAGE', parts: partsOf(cells, () => null) };
}

function partsOf<Cell extends Pick<LocalCell, 'isPositive'>>(
  cells: readonly Cell[],
  unitOf: (cell: Cell) => string | null,
): number[][] {
  const units = new Map<string, number[]>();
  cells.forEach((cell, index) => {
    const unit = unitOf(cell) ?? `image ${index}`;
    const known = units.get(unit);
    if (known) known.push(index);
    else units.set(unit, [index]);
  });
  // Positives first, so that they are distributed evenly if several units share a part.
  const ordered = [...units.values()]
    .map((unit) => ({ unit, positives: unit.filter((index) => cells[index]?.isPositive).length }))
    .sort((one, other) => other.positives - one.positives)
    .map(({ unit }) => unit);
  const parts = Array.from({ length: Math.min(MOST_PARTS, ordered.length) }, (): number[] => []);
  ordered.forEach((unit, position) => {
    for (const index of unit) parts[position % parts.length]?.push(index);
  });
  return parts;
}
