import { type Location, useLocation } from 'react-router';

/** A page that leads to another, for the breadcrumbs of the other. */
export interface Crumb {
  title: string;
  /** With its filters. */
  path: string;
}

/**
 * The `state` of links from a list to an item, so that the breadcrumbs of the item lead back to the list with its filters. The browser
 * keeps it with the address in its history.
 */
export function useLinkState(title: string): { from: Crumb } {
  const { pathname, search } = useLocation();
  return { from: { title, path: pathname + search } };
}

/** The list from which a link with {@link useLinkState} led to this page, or `usual` if there was none. */
export function useCameFrom(usual: Crumb): Crumb {
  return cameFrom(useLocation()) ?? usual;
}

function cameFrom({ state }: Location<unknown>): Crumb | null {
  if (typeof state !== 'object' || state === null || !('from' in state)) return null;
  const { from } = state;
  if (typeof from !== 'object' || from === null || !('title' in from) || !('path' in from)) return null;
  const { title, path } = from;
  return typeof title === 'string' && typeof path === 'string' ? { title, path } : null;
}
