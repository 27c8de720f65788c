import type { CaseDifferentialQuery } from '../../../graphql/graphql.js';
import { graphql } from '../../../graphql/index.js';

export const caseDifferentialQuery = graphql(`
  query CaseDifferential($id: ID!) {
    case(id: $id) {
      id
      state
      differential {
        ...Differential
      }
    }
  }
`);

export const differentialFragment = graphql(`
  fragment Differential on Differential {
    whiteCells
    minimumCells
    countBandsSeparately
    rows {
      type
      count
      reviewed
      share
      lower
      upper
      isEstimate
    }
    blasts {
      ...CountedShare
    }
    blastsAndEquivalents {
      ...CountedShare
    }
    erythroblasts
    erythroblastsPer100
    smudgeCells
    notCells
    undecided
    toReview {
      blasts
      needsReview
      notRecognised
    }
    leftOut
    repeats
    versions {
      specificity {
        estimate
      }
      sensitivity {
        estimate
      }
      unknownBlastEquivalents
      modelVersion {
        id
        version
        positiveLabel
        model {
          id
          name
        }
      }
    }
  }
`);

export const countedShareFragment = graphql(`
  fragment CountedShare on CountedShare {
    count
    reviewed
    share
    lower
    upper
    isEstimate
  }
`);

export type CaseDifferential = NonNullable<NonNullable<CaseDifferentialQuery['case']>['differential']>;
