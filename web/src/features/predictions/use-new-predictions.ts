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

/** How many predictions anybody has made since the page was loaded, and a way to start counting anew. */
export function useNewPredictions(): [number, () => void] {
  const [number, setNumber] = useState(0);
  useSubscription(predictionCreatedSubscription, {
    ignoreResults: true,
    fetchPolicy: 'no-cache',
    onData: () => setNumber((before) => before + 1),
  });
  return [number, () => setNumber(0)];
}
