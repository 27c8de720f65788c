/** Which cells are selected, in a grid whose order may change. */
export interface Selection {
  selected: ReadonlySet<string>;
  /** The cell that the keyboard is at. */
  active: string | null;
  /** Where a range begins. */
  anchor: string | null;
}

export const NOTHING_SELECTED: Selection = { selected: new Set(), active: null, anchor: null };

/** How a cell is chosen: alone, in addition, or as the end of a range. */
export type Manner = 'alone' | 'toggled' | 'range' | 'only moved to';

/** The selection after a cell was clicked or moved to. `order` has the ids of all cells as they are shown. */
export function select(
  selection: Selection,
  id: string,
  manner: Manner,
  order: readonly string[],
): Selection {
  switch (manner) {
    case 'alone':
      return { selected: new Set([id]), active: id, anchor: id };
    case 'only moved to':
      return { ...selection, active: id, anchor: selection.anchor ?? id };
    case 'toggled': {
      const selected = new Set(selection.selected);
      if (!selected.delete(id)) selected.add(id);
      return { selected, active: id, anchor: id };
    }
    case 'range': {
      const anchor = selection.anchor ?? selection.active ?? id;
      const [from, to] = [order.indexOf(anchor), order.indexOf(id)].toSorted((one, other) => one - other);
      if (from === undefined || to === undefined || from < 0)
        return { selected: new Set([id]), active: id, anchor: id };
      return { selected: new Set(order.slice(from, to + 1)), active: id, anchor };
    }
  }
}

/** The cell to continue with when these leave their places: the next one after the last of them, or else the one before. */
export function nextAfter(ids: ReadonlySet<string>, order: readonly string[]): string | null {
  const last = order.findLastIndex((id) => ids.has(id));
  const after = order.slice(last + 1).find((id) => !ids.has(id));
  return after ?? order.slice(0, Math.max(0, last)).findLast((id) => !ids.has(id)) ?? null;
}
