import { graphql } from '../../graphql/index.js';

/** What is needed to show an answer: the outcome, its probability against the version's bounds, and the evidence. */
export const answerFragment = graphql(`
  fragment Answer on Prediction {
    id
    createdAt
    fileName
    caseReference
    outcome
    label
    confidence
    finalLabel
    probabilities {
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
