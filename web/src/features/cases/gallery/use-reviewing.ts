import { useApolloClient } from '@apollo/client/react';
import { useRef, useState } from 'react';
import type { UserErrorCode } from '../../../graphql/graphql.js';
import { newRequestId } from '../../../session/new-request-id.js';
import { useViewer } from '../../../session/viewer.js';
import { describeError } from '../../../ui/describe-error.js';
import { count } from '../../../ui/format.js';
import { useWarningBeforeLeaving } from '../../../ui/use-warning-before-leaving.js';
import { type GalleryCell, reviewCellsMutation, withdrawReviewsMutation } from './gallery-queries.js';
import { choiceText, type ReviewChoice, reviewOf } from './review-choice.js';
import type { GalleryCells } from './use-gallery-cells.js';
import { readUnsaved, storeUnsaved, type UnsavedRequest } from './unsaved-reviews.js';

/** Reviews of one request of the API. */
const MOST_REVIEWS = 100;

type KnownInGallery = Pick<GalleryCells, 'newest' | 'apply'>;

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
  /** Ids of cells whose review is being sent or waits for its turn. */
  sending: ReadonlySet<string>;
}

/** Reviews that were given together, to be undone together. */
interface Batch {
  /** Ids of the reviews that were added. */
  added: string[];
}

/**
 * Sends reviews and takes them back, one action after the other: an action that began while another was being sent sees what that has
 * changed. Every request is kept until its answer has arrived, so that it can be sent again after the network failed or the page was
 * reloaded.
 */
export function useReviewing(caseId: string, { newest, apply }: KnownInGallery): Reviewing {
  const client = useApolloClient();
  const { id: viewerId } = useViewer();
  const [unsaved, setUnsaved] = useState(() => readUnsaved(viewerId, caseId));
  /** Client request ids of those that are being sent or wait for their turn. */
  const [waiting, setWaiting] = useState<ReadonlySet<string>>(new Set());
  const [batchCount, setBatchCount] = useState(0);
  const [message, setMessage] = useState<string | null>(null);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const requests = useRef(unsaved); // also of actions that began before the last render
  const batches = useRef<Batch[]>([]);
  const own = useRef(new Set<string>()); // ids of the reviews that were added here
  const lastTurn = useRef(Promise.resolve());
  useWarningBeforeLeaving(unsaved.length > 0);

  const keep = (next: UnsavedRequest[]) => {
    requests.current = next;
    storeUnsaved(viewerId, caseId, next);
    setUnsaved(next);
  };
  const keepBatches = (next: Batch[]) => {
    batches.current = next;
    setBatchCount(next.length);
  };
  /** Runs an action when those before it have ended. It must not throw. */
  const inTurn = (run: () => Promise<void>) => {
    lastTurn.current = lastTurn.current.then(run);
    return lastTurn.current;
  };
  /** Marks the requests as waiting, and adds what `toSend` returns to a new batch when it is their turn. */
  const queue = (
    ids: readonly string[],
    toSend: () => readonly UnsavedRequest[],
    text: string,
    refusals: readonly string[],
  ) => {
    const batch: Batch = { added: [] };
    keepBatches([...batches.current, batch]);
    setWaiting((before) => new Set([...before, ...ids]));
    setMessage(null);
    setProblems(refusals);
    return inTurn(async () => {
      const sentences = [...refusals];
      for (const request of toSend()) sentences.push(...(await send(request, batch)));
      batch.added.forEach((id) => own.current.add(id));
      if (batch.added.length === 0) keepBatches(batches.current.filter((each) => each !== batch));
      setMessage(batch.added.length > 0 ? `${count(batch.added.length, 'cell')}: ${text}` : null);
      setProblems([...new Set(sentences)]);
    });
  };

  /** Sends a request and applies its answer. Returns what it did not do, in sentences. */
  const send = async (request: UnsavedRequest, batch: Batch): Promise<string[]> => {
    const { clientRequestId } = request;
    try {
      const { data } = await client.mutate({
        mutation: reviewCellsMutation,
        variables: { input: request },
        fetchPolicy: 'no-cache',
      });
      keep(requests.current.filter((each) => each.clientRequestId !== clientRequestId));
      const results = data?.reviewPredictions.results ?? [];
      const userErrors = data?.reviewPredictions.userErrors ?? [];
      apply(
        results.flatMap(({ predictionId, prediction, userErrors: ofCell }) =>
          prediction || ofCell.some(({ code }) => code === 'NOT_FOUND')
            ? [{ predictionId, cell: prediction ?? null, withdrawnId: null }]
            : [],
        ),
      );
      batch.added.push(...results.flatMap(({ added, review }) => (added && review ? [review.id] : [])));
      return [
        ...userErrors.map((error) => error.message),
        ...refusalsOf(results.flatMap((result) => result.userErrors)),
      ];
    } catch (error) {
      return [describeError(error)]; // the request is kept, and the gallery offers to send it again
    } finally {
      setWaiting((before) => new Set([...before].filter((id) => id !== clientRequestId)));
    }
  };

  const review = (cells: readonly GalleryCell[], choice: ReviewChoice) => {
    const accepted: GalleryCell[] = [];
    const refusals = new Map<string, number>();
    for (const cell of cells) {
      const given = reviewOf(cell, choice);
      if (typeof given === 'string') refusals.set(given, (refusals.get(given) ?? 0) + 1);
      else accepted.push(cell);
    }
    const parts: { clientRequestId: string; seen: GalleryCell[] }[] = [];
    for (let from = 0; from < accepted.length; from += MOST_REVIEWS)
      parts.push({ clientRequestId: newRequestId(), seen: accepted.slice(from, from + MOST_REVIEWS) });
    const requestOf = ({ clientRequestId, seen }: (typeof parts)[number]): UnsavedRequest => ({
      clientRequestId,
      reviews: seen.flatMap((cell) => {
        const given = reviewOf(afterOwn(cell, newest(cell.id), own.current), choice);
        return typeof given === 'string' ? [] : [given];
      }),
    });
    keep([...requests.current, ...parts.map(requestOf)]);
    const text = choice.kind === 'confirm' ? 'confirmed' : choiceText(choice);
    const refused = [...refusals].map(
      ([reason, number]) => `${count(number, 'cell was', 'cells were')} not changed, because each ${reason}.`,
    );
    const ids = parts.map(({ clientRequestId }) => clientRequestId);
    return queue(
      ids,
      () => {
        const toSend = parts.map(requestOf); // again, because the actions before may have reviewed these cells
        keep([...requests.current.filter((each) => !ids.includes(each.clientRequestId)), ...toSend]);
        return toSend;
      },
      text,
      refused,
    );
  };

  const undo = () => {
    const last = batches.current.at(-1);
    if (!last) return Promise.resolve();
    keepBatches(batches.current.slice(0, -1));
    return inTurn(async () => {
      const sentences: string[] = [];
      let withdrawn = 0;
      let left: readonly string[] = last.added;
      try {
        while (left.length > 0) {
          const { data } = await client.mutate({
            mutation: withdrawReviewsMutation,
            variables: { input: { reviewIds: left.slice(0, MOST_REVIEWS) } },
            fetchPolicy: 'no-cache',
          });
          const results = data?.withdrawReviews.results ?? [];
          const userErrors = data?.withdrawReviews.userErrors ?? [];
          apply(
            results.flatMap(({ reviewId, prediction }) =>
              prediction ? [{ predictionId: prediction.id, cell: prediction, withdrawnId: reviewId }] : [],
            ),
          );
          left = left.slice(MOST_REVIEWS);
          withdrawn += results.filter((result) => result.userErrors.length === 0).length;
          const refused = [...userErrors, ...results.flatMap((result) => result.userErrors)];
          sentences.push(...refused.map((error) => error.message));
        }
      } catch (error) {
        keepBatches([...batches.current, { added: [...left] }]);
        sentences.push(
          `${count(left.length, 'review was', 'reviews were')} not withdrawn. ${describeError(error)}`,
        );
      }
      setMessage(withdrawn > 0 ? `Undone: ${count(withdrawn, 'review')} withdrawn` : null);
      setProblems([...new Set(sentences)]);
    });
  };

  const open = unsaved.filter(({ clientRequestId }) => !waiting.has(clientRequestId));
  const sending = unsaved.filter(({ clientRequestId }) => waiting.has(clientRequestId));
  return {
    ...{ review, undo, canUndo: batchCount > 0, message, problems },
    sending: new Set(sending.flatMap(predictionIdsOf)),
    dismiss: () => setMessage(null),
    unsavedCount: open.flatMap(predictionIdsOf).length,
    sendAgain: () =>
      queue(
        open.map(({ clientRequestId }) => clientRequestId),
        () => open,
        'saved',
        [],
      ),
    discardUnsaved: () => keep(requests.current.filter((request) => !open.includes(request))),
  };
}

/**
 * The cell that a review follows: the newest known one if it differs from what the reviewer saw only by the reviews that were added
 * here; otherwise what they saw, and the server refuses to overwrite the review of a colleague.
 */
function afterOwn(seen: GalleryCell, newest: GalleryCell | undefined, own: ReadonlySet<string>): GalleryCell {
  const isSeen = (id: string) => seen.reviews.some((review) => review.id === id);
  return newest?.reviews.every(({ id }) => own.has(id) || isSeen(id)) ? newest : seen;
}

function predictionIdsOf({ reviews }: UnsavedRequest): string[] {
  return reviews.map(({ predictionId }) => String(predictionId));
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
