import { useApolloClient } from '@apollo/client/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import {
  type GalleryCell,
  galleryChangesSubscription,
  galleryPageQuery,
  galleryStartQuery,
} from './gallery-queries.js';
import { type CellChange, type KnownCells, NO_CELLS, withChanges, withPage } from './known-cells.js';

const PAGE_SIZE = 100;
/** Changes are collected for this time, in milliseconds, so that a batch of a colleague is shown at once. */
const COLLECT_MS = 60;
/** The other sections are read again at most this often, in milliseconds. */
const REFRESH_MS = 700;

export interface GalleryCells {
  cells: KnownCells['byId'];
  /** The cell as it is known now, which may be newer than what is shown. */
  newest: (id: string) => GalleryCell | undefined;
  isLoading: boolean;
  error: unknown;
  retry: () => void;
  /** Applies what an own change answered. */
  apply: (changes: readonly CellChange[]) => void;
}

/**
 * The cells of a case, kept up to date with everybody's changes. The changes are followed from before the first page
 * is read, so none is missed; a page that was read before a change does not undo it.
 */
export function useGalleryCells(caseId: string): GalleryCells {
  const client = useApolloClient();
  const [shown, setShown] = useState(NO_CELLS);
  const known = useRef(NO_CELLS); // also of changes that are not shown yet
  const [isLoading, setLoading] = useState(true);
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const refresh = useRefreshOfPage();

  const know = useCallback((next: KnownCells) => {
    known.current = next;
    setShown(next);
  }, []);
  const apply = useCallback(
    (changes: readonly CellChange[]) => {
      know(withChanges(known.current, changes));
      refresh();
    },
    [know, refresh],
  );

  useEffect(() => {
    let hasLeft = false;
    const isLeft = () => hasLeft;
    let unsubscribe = () => {};
    let timer: number | undefined;
    let collected: CellChange[] = [];
    const collect = (change: CellChange) => {
      collected.push(change);
      timer ??= window.setTimeout(() => {
        apply(collected);
        [collected, timer] = [[], undefined];
      }, COLLECT_MS);
    };
    const load = async () => {
      const start = await client.query({ query: galleryStartQuery, fetchPolicy: 'no-cache' });
      if (isLeft()) return;
      const changes = client.subscribe({
        query: galleryChangesSubscription,
        variables: { caseId, after: start.data?.predictionChanges.pageInfo.endCursor },
        fetchPolicy: 'no-cache',
      });
      const subscription = changes.subscribe({
        next: ({ data }) => {
          if (!data) return;
          const { kind, predictionId, prediction, review } = data.predictionChanged;
          const cell = prediction?.case?.id === caseId ? prediction : null;
          collect({
            predictionId,
            cell,
            withdrawnId: kind === 'REVIEW_WITHDRAWN' ? (review?.id ?? null) : null,
          });
        },
        error: setError,
      });
      unsubscribe = () => subscription.unsubscribe();
      for (let after: string | null | undefined; !isLeft();) {
        const { data } = await client.query({
          query: galleryPageQuery,
          variables: { first: PAGE_SIZE, after, caseId },
          fetchPolicy: 'no-cache',
        });
        if (!data) break;
        const { edges, pageInfo } = data.predictions;
        const page: GalleryCell[] = edges.map(({ node }) => node);
        know(withPage(known.current, page));
        if (!pageInfo.hasNextPage) break;
        after = pageInfo.endCursor;
      }
    };
    load()
      .catch((reason: unknown) => !isLeft() && setError(reason))
      .finally(() => !isLeft() && setLoading(false));
    return () => {
      hasLeft = true;
      window.clearTimeout(timer);
      unsubscribe();
    };
  }, [client, caseId, attempt, apply, know]);

  const retry = () => {
    know(NO_CELLS); // cells may have left the case while the connection was lost
    setError(null);
    setLoading(true);
    setAttempt((before) => before + 1);
  };
  return {
    ...{ cells: shown.byId, isLoading, error, retry, apply },
    newest: (id) => known.current.byId.get(id),
  };
}

/**
 * Reads the sections of the page again that count reviews, soon after a change. Not the report: compiling it reads all
 * cells several times, so it has its own, slower poll.
 */
function useRefreshOfPage(): () => void {
  const client = useApolloClient();
  const [timer] = useState<{ id: number | undefined }>({ id: undefined });
  useEffect(() => () => window.clearTimeout(timer.id), [timer]);
  return useCallback(() => {
    timer.id ??= window.setTimeout(() => {
      timer.id = undefined;
      void client.refetchQueries({ include: ['CasePage', 'CaseDifferential'] });
    }, REFRESH_MS);
  }, [client, timer]);
}
