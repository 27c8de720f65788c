import { useSubscription } from '@apollo/client/react';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';

const predictionCreatedSubscription = graphql(`
  subscription PredictionCreated {
    predictionCreated {
      id
    }
  }
`);

/**
 * The number of predictions that any user made since the page loaded, and a function that resets it to 0. Predictions from just before
 * may be reported too, so those that the page shows already are not counted.
 *
 * @param shown ids
 */
export function useNewPredictions(shown: readonly string[]): [number, () => void] {
  const [ids, setIds] = useState<readonly string[]>([]);
  useSubscription(predictionCreatedSubscription, {
    ignoreResults: true,
    fetchPolicy: 'no-cache',
    onData: ({ data: { data } }) => {
      if (data) setIds((before) => [...before, data.predictionCreated.id]);
    },
  });
  return [ids.filter((id) => !shown.includes(id)).length, () => setIds([])];
}
