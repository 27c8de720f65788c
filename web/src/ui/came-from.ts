import { createContext, use } from 'react';
import { useLocation } from 'react-router';

/** A page that leads to another, for the breadcrumbs of the other. */
export interface Crumb {
  title: string;
  /** With its filters. */
  path: string;
  /** The page that led to it, for its own breadcrumbs. */
  from?: Crumb;
}

/** The title of the page, as the breadcrumbs of the pages that it leads to show it. */
export const PageTitle = createContext('');

/** Of pages that lead to each other in turn, the last few are kept. */
const MOST_CRUMBS = 3;

/**
 * The `state` of links from a list to an item, so that the breadcrumbs of the item lead back to the list with its filters. Must be
 * used inside a Page. The browser keeps the state with the address in its history.
 */
export function useLinkState(): { from: Crumb } {
  const title = use(PageTitle);
  const location = useLocation();
  const from = cameFrom(location.state, MOST_CRUMBS - 1);
  return { from: { title, path: location.pathname + location.search, ...(from && { from }) } };
}

/** The list from which a link with {@link useLinkState} led to this page, or `usual` if there was none. */
export function useCameFrom(usual: Crumb): Crumb {
  return cameFrom(useLocation().state, MOST_CRUMBS) ?? usual;
}

/** The page in the state of an address, with at most this number of pages in all. */
function cameFrom(state: unknown, most: number): Crumb | null {
  if (most === 0 || typeof state !== 'object' || state === null || !('from' in state)) return null;
  const { from: page } = state;
  if (typeof page !== 'object' || page === null || !('title' in page) || !('path' in page)) return null;
  const { title, path } = page;
  if (typeof title !== 'string' || typeof path !== 'string') return null;
  const from = cameFrom(page, most - 1);
  return { title, path, ...(from && { from }) };
}
