import { useMutation } from '@apollo/client/react';
import { useCallback, useRef, useState } from 'react';
import type { CellToReadFragment, CellType, ReviewVerdict } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { describeError } from '../../ui/describe-error.js';

export const cellToReadFragment = graphql(`
  fragment CellToRead on ReadingCell {
    id
    place
    pictureUrl
    labels
    verdict
    label
    cellType
    comment
    prediction {
      id
      outcome
      label
      cellType
      probabilities {
        label
        probability
      }
      modelVersion {
        id
        positiveLabel
        decisionThreshold
        abstentionBand
      }
    }
  }
`);

const decideOnCellMutation = graphql(`
  mutation DecideOnCell($input: DecideOnCellInput!) {
    decideOnCell(input: $input) {
      cell {
        ...CellToRead
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const undoDecisionMutation = graphql(`
  mutation UndoDecision($input: UndoDecisionInput!) {
    undoDecision(input: $input) {
      cell {
        ...CellToRead
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** What a reader decides about a cell. */
export interface Decision {
  verdict: ReviewVerdict;
  label: string | null;
  cellType: CellType | null;
  comment: string | null;
}

/** A decision that was not saved. */
interface Failure {
  place: number;
  message: string;
}

export interface Decisions {
  /** The cells with the decisions that are still being sent. A cell without a decision has the verdict null. */
  cells: CellToReadFragment[];
  /** The number of decisions that are still being sent. */
  waiting: number;
  /** The oldest decision that could not be saved. */
  failure: Failure | undefined;
  decide: (place: number, decision: Decision) => void;
  undo: (place: number) => void;
  dismiss: () => void;
}

const NONE = { verdict: null, label: null, cellType: null, comment: null };

/**
 * The decisions of a reading. They are shown at once and sent in the background, one after the other, so that the reader never waits for the
 * server. One that cannot be saved is shown as not decided again, with the reason.
 */
export function useDecisions(readingId: string, saved: readonly CellToReadFragment[]): Decisions {
  const [decide] = useMutation(decideOnCellMutation);
  const [undo] = useMutation(undoDecisionMutation);
  const [sending, setSending] = useState<{ place: number; decision: Decision | null }[]>([]);
  const [failures, setFailures] = useState<Failure[]>([]);
  const lastSent = useRef(Promise.resolve());

  const send = useCallback(
    (place: number, decision: Decision | null, run: () => Promise<readonly { message: string }[]>) => {
      const change = { place, decision };
      setSending((changes) => [...changes, change]);
      setFailures((all) => all.filter((failure) => failure.place !== place));
      lastSent.current = lastSent.current.then(run).then(
        (userErrors) => settle(userErrors[0]?.message),
        (error: unknown) => settle(describeError(error)),
      );
      const settle = (message: string | undefined) => {
        setSending((changes) => changes.filter((each) => each !== change));
        if (message !== undefined) setFailures((all) => [...all, { place, message }]);
      };
    },
    [],
  );

  const cells = saved.map((cell) => {
    const change = sending.findLast(({ place }) => place === cell.place);
    return change ? { ...cell, ...(change.decision ?? NONE) } : cell;
  });
  return {
    cells,
    waiting: sending.length,
    failure: failures[0],
    dismiss: () => setFailures((all) => all.slice(1)),
    decide: (place, decision) =>
      send(place, decision, async () => {
        const { data } = await decide({ variables: { input: { readingId, place, ...decision } } });
        return data?.decideOnCell.userErrors ?? [];
      }),
    undo: (place) =>
      send(place, null, async () => {
        const { data } = await undo({ variables: { input: { readingId, place } } });
        return data?.undoDecision.userErrors ?? [];
      }),
  };
}
