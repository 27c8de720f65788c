import { graphql } from '../../graphql/index.js';

/** What there is to train on, and the models there are. */
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
