import type { GalleryCellFragment } from '../../../graphql/graphql.js';
import { graphql } from '../../../graphql/index.js';

/** A cell of the gallery: its answer, what it is compared with, and its reviews. */
export type GalleryCell = GalleryCellFragment;

export const galleryCellFragment = graphql(`
  fragment GalleryCell on Prediction {
    id
    fileName
    outcome
    label
    cellType
    probabilities {
      label
      probability
    }
    evidenceMapUrl
    cellImageUrl
    field {
      id
    }
    image {
      sha256
      thumbnailUrl
    }
    modelVersion {
      id
      classes
      positiveLabel
      decisionThreshold
      abstentionBand
    }
    reviews {
      id
      verdict
      label
      cellType
      reviewer {
        id
        displayName
      }
    }
  }
`);

/** Where the changes after the gallery's pages begin. */
export const galleryStartQuery = graphql(`
  query GalleryStart {
    predictionChanges(last: 1) {
      pageInfo {
        endCursor
      }
    }
  }
`);

export const galleryPageQuery = graphql(`
  query GalleryPage($first: Int!, $after: String, $caseId: ID!) {
    predictions(first: $first, after: $after, filter: { caseId: $caseId }) {
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          ...GalleryCell
        }
      }
    }
  }
`);

export const galleryChangesSubscription = graphql(`
  subscription GalleryChanges($after: String, $caseId: ID!) {
    predictionChanged(after: $after, filter: { caseId: $caseId }) {
      kind
      predictionId
      review {
        id
        withdrawnAt
      }
      prediction {
        ...GalleryCell
        case {
          id
        }
      }
    }
  }
`);

export const reviewCellsMutation = graphql(`
  mutation ReviewCells($input: ReviewPredictionsInput!) {
    reviewPredictions(input: $input) {
      results {
        predictionId
        added
        review {
          id
        }
        prediction {
          ...GalleryCell
        }
        userErrors {
          code
          message
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

export const withdrawReviewsMutation = graphql(`
  mutation WithdrawReviews($input: WithdrawReviewsInput!) {
    withdrawReviews(input: $input) {
      results {
        reviewId
        prediction {
          ...GalleryCell
        }
        userErrors {
          code
          message
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);
