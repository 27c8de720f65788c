import { graphql } from '../../graphql/index.js';

/** The fields that show a prediction: outcome, probability, the version's thresholds, and evidence. */
export const answerFragment = graphql(`
  fragment Answer on Prediction {
    id
    createdAt
    fileName
    caseReference
    outcome
    label
    finalLabel
    probabilities {
      label
      probability
    }
    cellType
    cellTypes {
      label
      probability
    }
    outOfDistributionScore
    qualityWarnings
    evidenceMapUrl
    image {
      sha256
      width
      height
      url
      thumbnailUrl
    }
    repeatOf {
      id
      createdAt
      fileName
      caseReference
    }
    timing {
      decodeMs
      queueMs
      inferenceMs
      totalMs
    }
    modelVersion {
      id
      version
      positiveLabel
      decisionThreshold
      abstentionBand
      model {
        id
        name
      }
    }
  }
`);
