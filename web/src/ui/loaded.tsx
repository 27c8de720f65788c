import { type ReactNode } from 'react';
import { Loading } from './loading.js';
import { Problem } from './problem.js';

/** What `useQuery` returns, as far as loading and errors are concerned. */
export interface LoadState {
  error?: unknown;
  refetch: () => Promise<unknown>;
}

interface LoadedProps<Content> {
  query: LoadState;
  /** What the query answered; undefined until it has. */
  content: Content | undefined;
  /** The size of the placeholder while it loads. */
  rows?: number;
  height?: number;
  children: (content: Content) => ReactNode;
}

/**
 * What a query answered, a placeholder until it has, and its error with the way to try again. Content that was loaded
 * before the error stays in view below it.
 */
export function Loaded<Content>({ query, content, rows, height, children }: LoadedProps<Content>) {
  return (
    <>
      {Boolean(query.error) && <Problem error={query.error} retry={() => void query.refetch()} />}
      {content === undefined && !query.error && <Loading rows={rows} height={height} />}
      {content !== undefined && children(content)}
    </>
  );
}
