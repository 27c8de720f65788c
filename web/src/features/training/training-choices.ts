import { graphql } from '../../graphql/index.js';

/** The snapshots and models that a training form offers. */
export const trainingChoicesQuery = graphql(`
  query TrainingChoices {
    datasetSnapshots(first: 200) {
      edges {
        node {
          id
          name
          version
          status
          itemCount
          labelCounts {
            label
            count
          }
        }
      }
    }
    models {
      id
      name
    }
  }
`);
