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

/** The number of predictions that any user made since the page loaded, and a function that resets it to 0. */
export function useNewPredictions(): [number, () => void] {
  const [number, setNumber] = useState(0);
  useSubscription(predictionCreatedSubscription, {
    ignoreResults: true,
    fetchPolicy: 'no-cache',
    onData: () => setNumber((before) => before + 1),
  });
  return [number, () => setNumber(0)];
}
