import { graphql } from '../../../graphql/index.js';

/** The versions and snapshots that a comparison can be made of. */
export const comparisonChoicesQuery = graphql(`
  query ComparisonChoices($name: String!) {
    model(name: $name) {
      id
      name
      versions(first: 200) {
        edges {
          node {
            id
            version
            status
            aliases
          }
        }
      }
    }
    datasetSnapshots(first: 200) {
      edges {
        node {
          id
          name
          version
          status
          itemCount
        }
      }
    }
  }
`);

/** How often each version was right on some images. */
export const answerCountsFragment = graphql(`
  fragment AnswerCounts on AnswerCounts {
    modelVersionId
    correctCount
    withheldCount
    correctRate {
      ...Estimate
    }
  }
`);

/** A version with its figures on the compared images. */
export const comparedVersionFragment = graphql(`
  fragment ComparedVersion on ComparedVersion {
    modelVersion {
      id
      version
      positiveLabel
      decisionThreshold
      abstentionBand
    }
    evaluation {
      id
      status
    }
    missing
    pendingEvaluation {
      id
      status
    }
    usedInTrainingCount
    figures {
      ...VersionFigures
      cohensKappa
    }
    scoreDistribution {
      lower
      upper
      negativeCount
      positiveCount
    }
    differences {
      auc {
        ...Estimate
      }
      sensitivity {
        ...Estimate
      }
      specificity {
        ...Estimate
      }
      balancedAccuracy {
        ...Estimate
      }
      expectedCalibrationError {
        ...Estimate
      }
      brierScore {
        ...Estimate
      }
      coverage {
        ...Estimate
      }
    }
  }
`);

export const comparisonQuery = graphql(`
  query Comparison($input: CompareVersionsInput!) {
    compareVersions(input: $input) {
      imageCount
      groupCount
      excludedCount
      datasetSnapshot {
        id
        name
        version
      }
      versions {
        ...ComparedVersion
      }
      cellTypes {
        name
        imageCount
        versions {
          ...AnswerCounts
        }
      }
    }
  }
`);

/** Apart from the figures, because auditors may not read patients and file names, and because of its pages. */
export const changedImagesQuery = graphql(`
  query ChangedImages($input: CompareVersionsInput!, $first: Int!, $after: String) {
    compareVersions(input: $input) {
      groups(first: 10) {
        totalCount
        edges {
          node {
            name
            imageCount
            versions {
              ...AnswerCounts
            }
          }
        }
      }
      changedImages(first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            item {
              ...ShownItem
            }
            answers {
              modelVersionId
              outcome
              label
              probability
              usedInTraining
            }
          }
        }
      }
    }
  }
`);
