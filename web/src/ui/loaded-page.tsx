import { Link, Stack } from '@mui/material';
import type { ReactNode } from 'react';
import { Link as RouterLink } from 'react-router';
import { useCameFrom } from './came-from.js';
import { EmptyState } from './empty-state.js';
import type { LoadState } from './loaded.js';
import { Loading } from './loading.js';
import { Page } from './page.js';
import { Problem } from './problem.js';
import { useDrawnInSteps } from './use-drawn-in-steps.js';
import { isWrongAddress } from './wrong-address.js';

interface LoadedPageProps<Item> {
  query: LoadState;
  /** The item of the page. Undefined while loading, null if it does not exist. */
  item: Item | null | undefined;
  /** The kind of item, such as 'Training run'. It is the title until the item is loaded. */
  kind: string;
  /** The page that lists all items of this kind. */
  list: { title: string; path: string };
  children: (item: Item) => ReactNode;
}

/**
 * The page of one item. Shows a placeholder while loading, an error with a button to try again, or "not found" with a link to the
 * list. An item that was loaded before an error stays visible below the error.
 */
export function LoadedPage<Item>({ query, item, kind, list, children }: LoadedPageProps<Item>) {
  const { error, refetch } = query;
  const above = useCameFrom(list); // as on the page itself, for those who go back before it is loaded
  const isDrawn = useDrawnInSteps(item !== undefined);
  const isMissing = item === null || isWrongAddress(error);
  const problem = Boolean(error) && !isMissing && <Problem error={error} retry={() => void refetch()} />;
  if (isDrawn && item !== undefined && item !== null) {
    return (
      <Stack spacing={2}>
        {problem}
        {children(item)}
      </Stack>
    );
  }
  return (
    <Page title={kind} above={[above]}>
      {problem ||
        (!isMissing ? (
          <Loading rows={3} height={140} />
        ) : (
          <EmptyState title={`${kind} not found`}>
            Check the address, or see the list under{' '}
            <Link component={RouterLink} to={list.path}>
              {list.title}
            </Link>
            .
          </EmptyState>
        ))}
    </Page>
  );
}
