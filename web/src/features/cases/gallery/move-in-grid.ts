/**
 * The cell that a key leads to from a cell of a grid; null if the key does not move. Up and down keep the column, over the limits of groups.
 * @param groups ids in the order in which they are shown
 */
export function moveInGrid(
  groups: readonly (readonly string[])[],
  columns: number,
  from: string | null,
  key: string,
): string | null {
  const order = groups.flat();
  if (from === null || !order.includes(from)) {
    if (key === 'End') return order.at(-1) ?? null;
    return key === 'Home' || key.startsWith('Arrow') ? (order[0] ?? null) : null;
  }
  const rows = groups.flatMap((ids) =>
    Array.from({ length: Math.ceil(ids.length / columns) }, (_, row) =>
      ids.slice(row * columns, (row + 1) * columns),
    ),
  );
  const rowIndex = rows.findIndex((row) => row.includes(from));
  const column = rows[rowIndex]?.indexOf(from) ?? 0;
  const vertically = (row: readonly string[] | undefined) => row?.[Math.min(column, row.length - 1)] ?? from;
  switch (key) {
    case 'ArrowLeft':
      return order[order.indexOf(from) - 1] ?? from;
    case 'ArrowRight':
      return order[order.indexOf(from) + 1] ?? from;
    case 'ArrowUp':
      return vertically(rows[rowIndex - 1]);
    case 'ArrowDown':
      return vertically(rows[rowIndex + 1]);
    case 'Home':
      return order[0] ?? null;
    case 'End':
      return order.at(-1) ?? null;
    default:
      return null;
  }
}
