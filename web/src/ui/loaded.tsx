import { type ReactNode } from 'react';
import { Loading } from './loading.js';
import { Problem } from './problem.js';
import { useDrawnInSteps } from './use-drawn-in-steps.js';

/** The error state of a query, as `useQuery` returns it. */
export interface LoadState {
  error?: unknown;
  refetch: () => Promise<unknown>;
}

interface LoadedProps<Content> {
  query: LoadState;
  /** The result of the query. Undefined while loading. */
  content: Content | undefined;
  /** The size of the placeholder while it loads. */
  rows?: number;
  height?: number;
  children: (content: Content) => ReactNode;
}

/**
 * The result of a query, with a placeholder while loading. An error is shown with a button to try again, above any content
 * that was loaded before.
 */
export function Loaded<Content>({ query, content, rows, height, children }: LoadedProps<Content>) {
  const isDrawn = useDrawnInSteps(content !== undefined);
  return (
    <>
      {Boolean(query.error) && <Problem error={query.error} retry={() => void query.refetch()} />}
      {!isDrawn && !query.error && <Loading rows={rows} height={height} />}
      {isDrawn && content !== undefined && children(content)}
    </>
  );
}
