import { graphql } from '../../graphql/index.js';

export const bulkFragment = graphql(`
  fragment Bulk on BulkClassification {
    id
    status
    source
    caseReference
    itemCount
    doneCount
    failedCount
    fileCount
    skipped {
      reason
      count
    }
    progress
    createdAt
    startedAt
    finishedAt
    erasedAt
    modelVersion {
      id
      version
      model {
        id
        name
      }
    }
  }
`);
