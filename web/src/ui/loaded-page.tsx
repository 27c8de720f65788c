import { Link, Stack } from '@mui/material';
import type { ReactNode } from 'react';
import { Link as RouterLink } from 'react-router';
import { EmptyState } from './empty-state.js';
import type { LoadState } from './loaded.js';
import { Loading } from './loading.js';
import { Page } from './page.js';
import { Problem } from './problem.js';

interface LoadedPageProps<Item> {
  query: LoadState;
  /** What the page is about: undefined until the query has answered, null where there is no such item. */
  item: Item | null | undefined;
  /** The title until the item is known, such as 'Training run'. */
  title: string;
  /** The page that lists all items of this kind. */
  list: { title: string; path: string };
  /** What is shown where there is no such item. */
  empty: string;
  children: (item: Item) => ReactNode;
}

/**
 * The page of one item: a placeholder while it loads, its error with the way to try again, "page not found" with the way
 * to the list, or the item. An item that was loaded before an error stays in view.
 */
export function LoadedPage<Item>({ query, item, title, list, empty, children }: LoadedPageProps<Item>) {
  const { error, refetch } = query;
  const problem = Boolean(error) && <Problem error={error} retry={() => void refetch()} />;
  if (item !== undefined && item !== null) {
    return (
      <Stack spacing={2}>
        {problem}
        {children(item)}
      </Stack>
    );
  }
  return (
    <Page title={title} above={[list]}>
      {problem ||
        (item === null ? <NotFound list={list}>{empty}</NotFound> : <Loading rows={3} height={140} />)}
    </Page>
  );
}

function NotFound({ list, children }: { list: LoadedPageProps<unknown>['list']; children: string }) {
  return (
    <EmptyState title="Page not found">
      {children} See all of them under{' '}
      <Link component={RouterLink} to={list.path}>
        {list.title}
      </Link>
      .
    </EmptyState>
  );
}
