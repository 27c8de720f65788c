import type { GalleryCell } from './gallery-queries.js';

/** What the gallery knows about the cells of a case. */
export interface KnownCells {
  byId: ReadonlyMap<string, GalleryCell>;
  /** Ids of reviews that were withdrawn. */
  withdrawn: ReadonlySet<string>;
  /** Ids of cells that were erased or moved to another case. */
  gone: ReadonlySet<string>;
}

export const NO_CELLS: KnownCells = { byId: new Map(), withdrawn: new Set(), gone: new Set() };

/** A change of a cell that the server reported. */
export interface CellChange {
  predictionId: string;
  /** The cell as it was when the change was reported; null: it is no longer in the case. */
  cell: GalleryCell | null;
  /** The review that was withdrawn, if the change is a withdrawal. */
  withdrawnId: string | null;
}

/** What is known after a page of the case was read. A page that was read before a change does not undo it. */
export function withPage(known: KnownCells, page: readonly GalleryCell[]): KnownCells {
  const byId = new Map(known.byId);
  for (const cell of page)
    if (!known.gone.has(cell.id)) byId.set(cell.id, newer(byId.get(cell.id), cell, known.withdrawn));
  return { ...known, byId };
}

/** What is known after these changes, in their order. */
export function withChanges(known: KnownCells, changes: readonly CellChange[]): KnownCells {
  const byId = new Map(known.byId);
  const withdrawn = new Set(known.withdrawn);
  const gone = new Set(known.gone);
  for (const { predictionId, cell, withdrawnId } of changes) {
    if (withdrawnId !== null) withdrawn.add(withdrawnId);
    if (cell) {
      gone.delete(predictionId);
      byId.set(predictionId, newer(byId.get(predictionId), cell, withdrawn));
    } else {
      gone.add(predictionId);
      byId.delete(predictionId);
    }
  }
  return { byId, withdrawn, gone };
}

/**
 * The newer of two states of a cell. Reviews are only added and withdrawn, so a state is older if it lacks a review that the other has
 * and that was not withdrawn, or still has one that was.
 */
function newer(
  known: GalleryCell | undefined,
  read: GalleryCell,
  withdrawn: ReadonlySet<string>,
): GalleryCell {
  if (!known) return read;
  const ids = new Set(read.reviews.map(({ id }) => id));
  const lacksOne = known.reviews.some(({ id }) => !ids.has(id) && !withdrawn.has(id));
  const hasWithdrawn = read.reviews.some(({ id }) => withdrawn.has(id));
  return lacksOne || hasWithdrawn ? known : read;
}
