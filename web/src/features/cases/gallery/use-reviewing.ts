import { useApolloClient } from '@apollo/client/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ReviewPredictionInput, UserErrorCode } from '../../../graphql/graphql.js';
import { useViewer } from '../../../session/viewer.js';
import { count } from '../../../ui/format.js';
import { type GalleryCell, reviewCellsMutation, withdrawReviewsMutation } from './gallery-queries.js';
import type { CellChange } from './known-cells.js';
import { choiceText, type ReviewChoice, reviewOf } from './review-choice.js';
import { newRequestId, readUnsaved, storeUnsaved, type UnsavedRequest } from './unsaved-reviews.js';

/** Reviews of one request of the API. */
const MOST_REVIEWS = 100;

export interface Reviewing {
  /** Gives these cells the review, at once. */
  review: (cells: readonly GalleryCell[], choice: ReviewChoice) => Promise<void>;
  /** Takes back the last reviews; does nothing if there are none. */
  undo: () => Promise<void>;
  canUndo: boolean;
  /** What the last action did, in a sentence; null: nothing to say. */
  message: string | null;
  dismiss: () => void;
  /** What the last action did not do, in sentences. */
  problems: readonly string[];
  /** The number of reviews whose answer did not arrive. */
  unsavedCount: number;
  sendAgain: () => Promise<void>;
  discardUnsaved: () => void;
  /** Ids of cells whose review is being sent. */
  sending: ReadonlySet<string>;
}

/**
 * Sends reviews and takes them back. Every request is kept until its answer has arrived, so that it can be sent again after the network
 * failed or the page was closed.
 */
export function useReviewing(caseId: string, apply: (changes: readonly CellChange[]) => void): Reviewing {
  const client = useApolloClient();
  const { id: viewerId } = useViewer();
  const [unsaved, setUnsaved] = useState(() => readUnsaved(viewerId, caseId));
  const [sending, setSending] = useState<ReadonlySet<string>>(new Set());
  const [done, setDone] = useState<readonly (readonly string[])[]>([]);
  const [message, setMessage] = useState<string | null>(null);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const requests = useRef(unsaved); // also of actions that began before the last render

  const keep = (next: UnsavedRequest[]) => {
    requests.current = next;
    storeUnsaved(viewerId, caseId, next);
    setUnsaved(next);
  };
  useWarningBeforeLeaving(sending.size > 0);

  const send = async (toSend: readonly UnsavedRequest[], text: string, refusals: readonly string[]) => {
    const sentences = [...refusals];
    const added: string[] = [];
    setProblems(sentences);
    setMessage(null);
    setSending((before) => new Set([...before, ...toSend.flatMap(predictionIdsOf)]));
    for (const request of toSend) {
      try {
        const { data } = await client.mutate({
          mutation: reviewCellsMutation,
          variables: { input: request },
          fetchPolicy: 'no-cache',
        });
        keep(requests.current.filter((each) => each !== request));
        const { results, userErrors } = data?.reviewPredictions ?? {};
        apply(
          (results ?? []).flatMap(({ predictionId, prediction, userErrors: ofCell }) =>
            prediction || ofCell.some(({ code }) => code === 'NOT_FOUND')
              ? [{ predictionId, cell: prediction ?? null, withdrawnId: null }]
              : [],
          ),
        );
        added.push(
          ...(results ?? []).flatMap(({ added: isNew, review }) => (isNew && review ? [review.id] : [])),
        );
        sentences.push(...(userErrors ?? []).map((error) => error.message));
        sentences.push(...refusalsOf((results ?? []).flatMap((result) => result.userErrors)));
      } catch {
        // Kept: the gallery says so, and offers to send it again.
      } finally {
        setSending((before) => without(before, predictionIdsOf(request)));
      }
    }
    if (added.length > 0) setDone((before) => [...before, added]);
    setMessage(added.length > 0 ? `${count(added.length, 'cell')}: ${text}` : null);
    setProblems(sentences);
  };

  const review = async (cells: readonly GalleryCell[], choice: ReviewChoice) => {
    const reviews: ReviewPredictionInput[] = [];
    const refusals = new Map<string, number>();
    for (const cell of cells) {
      const given = reviewOf(cell, choice);
      if (typeof given === 'string') refusals.set(given, (refusals.get(given) ?? 0) + 1);
      else reviews.push(given);
    }
    const toSend: UnsavedRequest[] = [];
    for (let from = 0; from < reviews.length; from += MOST_REVIEWS)
      toSend.push({ clientRequestId: newRequestId(), reviews: reviews.slice(from, from + MOST_REVIEWS) });
    keep([...requests.current, ...toSend]);
    const text = choice.kind === 'confirm' ? 'confirmed' : choiceText(choice);
    const refused = [...refusals].map(
      ([reason, number]) => `${count(number, 'cell was', 'cells were')} not changed, because each ${reason}.`,
    );
    await send(toSend, text, refused);
  };

  const undo = useCallback(async () => {
    const last = done.at(-1);
    if (!last) return;
    setDone((before) => before.slice(0, -1));
    setProblems([]);
    const sentences: string[] = [];
    let withdrawn = 0;
    try {
      for (let from = 0; from < last.length; from += MOST_REVIEWS) {
        const { data } = await client.mutate({
          mutation: withdrawReviewsMutation,
          variables: { input: { reviewIds: last.slice(from, from + MOST_REVIEWS) } },
          fetchPolicy: 'no-cache',
        });
        const { results, userErrors } = data?.withdrawReviews ?? {};
        apply(
          (results ?? []).flatMap(({ reviewId, prediction }) =>
            prediction ? [{ predictionId: prediction.id, cell: prediction, withdrawnId: reviewId }] : [],
          ),
        );
        withdrawn += (results ?? []).filter((result) => result.userErrors.length === 0).length;
        sentences.push(
          ...[...(userErrors ?? []), ...(results ?? []).flatMap((result) => result.userErrors)].map(
            ({ message: text }) => text,
          ),
        );
      }
      setMessage(withdrawn > 0 ? `Undone: ${count(withdrawn, 'review')} withdrawn` : null);
      setProblems([...new Set(sentences)]);
    } catch {
      setDone((before) => [...before, last]);
      setProblems(['The last reviews could not be withdrawn, because the server did not answer. Try again.']);
    }
  }, [apply, client, done]);

  const open = unsaved.filter((request) => !predictionIdsOf(request).some((id) => sending.has(id)));
  return {
    ...{ review, undo, canUndo: done.length > 0, message, problems, sending },
    dismiss: () => setMessage(null),
    unsavedCount: open.flatMap(predictionIdsOf).length,
    sendAgain: () => send(open, 'saved', []),
    discardUnsaved: () => keep(requests.current.filter((request) => !open.includes(request))),
  };
}

function predictionIdsOf({ reviews }: UnsavedRequest): string[] {
  return reviews.map(({ predictionId }) => String(predictionId));
}

function without(ids: ReadonlySet<string>, removed: readonly string[]): ReadonlySet<string> {
  return new Set([...ids].filter((id) => !removed.includes(id)));
}

/** What was refused, once for each reason. */
function refusalsOf(errors: readonly { code: UserErrorCode; message: string }[]): string[] {
  const numbers = new Map<string, number>();
  for (const { code, message } of errors) {
    const reason =
      code === 'CONFLICT'
        ? 'Somebody else has reviewed them in the meantime. Their newest reviews are shown now.'
        : code === 'NOT_FOUND'
          ? 'They no longer exist.'
          : message;
    numbers.set(reason, (numbers.get(reason) ?? 0) + 1);
  }
  return [...numbers].map(
    ([reason, number]) => `${count(number, 'cell was', 'cells were')} not changed. ${reason}`,
  );
}

/** Makes the browser ask before the page is closed while reviews are being sent. */
function useWarningBeforeLeaving(isSending: boolean): void {
  useEffect(() => {
    if (!isSending) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isSending]);
}
