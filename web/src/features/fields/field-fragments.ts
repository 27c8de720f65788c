import { graphql } from '../../graphql/index.js';

/** What a field contains, without its cells. */
export const fieldSummaryFragment = graphql(`
  fragment FieldSummary on Field {
    id
    fileName
    image {
      sha256
      width
      height
      url
      thumbnailUrl
    }
    counts {
      classified {
        label
        count
      }
      indeterminate
      outOfDistribution
    }
    leftOut {
      reason
      region {
        left
        top
        width
        height
      }
    }
    qualityWarnings
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
`);

/** A cell of a field in the picture and in the list of cells. */
export const fieldCellFragment = graphql(`
  fragment FieldCell on Prediction {
    id
    outcome
    label
    cellType
    cellTypes {
      label
      probability
    }
    finalLabel
    finalVerdict
    cellImageUrl
    region {
      left
      top
      width
      height
    }
  }
`);

/** A field with its cells. */
export const fieldWithCellsFragment = graphql(`
  fragment FieldWithCells on Field {
    ...FieldSummary
    createdAt
    caseReference
    case {
      id
    }
    createdBy {
      id
      displayName
    }
    site {
      id
      name
    }
    scale {
      redCellDiameter
      uncertainty
      redCells
    }
    predictions {
      ...FieldCell
    }
  }
`);
