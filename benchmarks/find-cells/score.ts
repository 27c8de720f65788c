import type { FoundCell } from '../../server/pixels/find-cells.js';

/** Cells that were found, that were missed, and that are none. */
export class Tally {
  found = 0;
  missed = 0;
  wrong = 0;

  /**
   * Counts a picture: each true cell once; a found cell whose centre is in no true cell, or in one that was already found, is wrong.
   *
   * @param cellsAt numbers, from 1, of the true cells at a position
   * @returns whether all was right
   */
  add(
    cells: readonly Pick<FoundCell, 'centre'>[],
    trueCells: number,
    cellsAt: (x: number, y: number) => readonly number[],
  ): boolean {
    const found = new Set<number>();
    for (const { centre } of cells) {
      const hit = cellsAt(centre.x, centre.y).find((cell) => !found.has(cell));
      if (hit !== undefined) found.add(hit);
    }
    this.found += found.size;
    this.missed += trueCells - found.size;
    this.wrong += cells.length - found.size;
    return found.size === trueCells && cells.length === trueCells;
  }

  get recall(): number {
    return this.found / (this.found + this.missed);
  }

  get precision(): number {
    return this.found / (this.found + this.wrong);
  }
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

export function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >> 1] ?? NaN;
}
