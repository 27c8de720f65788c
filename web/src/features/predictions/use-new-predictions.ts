import { skipToken, useSubscription } from '@apollo/client/react';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';

const predictionCreatedSubscription = graphql(`
  subscription PredictionCreated($after: String!) {
    predictionCreated(after: $after) {
      id
    }
  }
`);

/**
 * The number of predictions that any user made since the page loaded, and a function that resets it to 0. A prediction may be
 * reported again after a disconnect, so each counts once, and those that the page shows are not counted.
 *
 * @param after a cursor of `predictionChanges`, from no later than the list that the page shows, so that none is missed between
 *   the list and the subscription. The first one is used; undefined while the page loads.
 * @param shown ids
 */
export function useNewPredictions(after: string | undefined, shown: readonly string[]): [number, () => void] {
  const [start, setStart] = useState(after);
  if (start === undefined && after !== undefined) setStart(after);
  const [ids, setIds] = useState<readonly string[]>([]);
  const [resetAt, setResetAt] = useState(0);
  useSubscription(
    predictionCreatedSubscription,
    start === undefined
      ? skipToken
      : {
          variables: { after: start },
          ignoreResults: true,
          fetchPolicy: 'no-cache',
          onData: ({ data: { data } }) => {
            const id = data?.predictionCreated.id;
            if (id !== undefined) setIds((before) => (before.includes(id) ? before : [...before, id]));
          },
        },
  );
  const added = ids.slice(resetAt).filter((id) => !shown.includes(id));
  return [added.length, () => setResetAt(ids.length)];
}
