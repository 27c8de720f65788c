import { Button, Stack } from '@mui/material';
import type { ReactNode } from 'react';
import { Loaded, type LoadState } from './loaded.js';

interface LoadedListProps<Item> {
  query: LoadState;
  /** Undefined while loading. */
  items: readonly Item[] | undefined;
  /** Shown if the list has no items. */
  empty: ReactNode;
  /** The size of the placeholder while the list loads. */
  rows?: number;
  height?: number;
  /** Loads more items. Null or omitted if all items are shown. */
  more?: { totalCount: number; load: () => void } | null;
  /** One item, as an `li` with a key. */
  children: (item: Item) => ReactNode;
}

/** The list that a query returns, with a placeholder while loading, a text if it is empty, and a button for more items. */
export function LoadedList<Item>({
  query,
  items,
  empty,
  rows,
  height,
  more,
  children,
}: LoadedListProps<Item>) {
  return (
    <Stack spacing={1.5}>
      <Loaded query={query} content={items} rows={rows} height={height}>
        {(loaded) =>
          loaded.length === 0 ? (
            empty
          ) : (
            <Stack component="ul" spacing={1.5} sx={{ listStyle: 'none', p: 0, m: 0 }}>
              {loaded.map(children)}
            </Stack>
          )
        }
      </Loaded>
      {more && <Button onClick={more.load}>Show more of {more.totalCount.toLocaleString()}</Button>}
    </Stack>
  );
}
