import { Button, Stack } from '@mui/material';
import type { ReactNode } from 'react';
import { Loaded, type LoadState } from './loaded.js';

interface LoadedListProps<Item> {
  query: LoadState;
  /** Undefined until the query has answered. */
  items: readonly Item[] | undefined;
  /** What is shown in place of a list without items. */
  empty: ReactNode;
  /** The size of the placeholder while the list loads. */
  rows?: number;
  height?: number;
  /** Loads more items; null or left out where all are shown. */
  more?: { totalCount: number; load: () => void } | null;
  /** One item, as an `li` with a key. */
  children: (item: Item) => ReactNode;
}

/** A list that a query answers with: its items, the way to more of them, and what is shown while there are none. */
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
