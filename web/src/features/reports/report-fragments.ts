import { graphql } from '../../graphql/index.js';

/** The report of a case as it would be signed now, and what was signed before. */
export const caseReportFragment = graphql(`
  fragment CaseReport on Case {
    id
    state
    signingObstacles
    changesSinceSigned
    reportDraft {
      id
      revision
      conclusion
      fewCellsReason
      digest
      updatedAt
      pdfUrl
      fhirUrl
      updatedBy {
        id
        displayName
      }
      supportingCells {
        id
      }
    }
    reports {
      id
      version
      status
      signedAt
      conclusion
      digest
      pdfUrl
      fhirUrl
      signedBy {
        id
        displayName
      }
    }
  }
`);

/** All that a signer reads, of one moment: the digest names what is shown. */
export const reportToSignFragment = graphql(`
  fragment ReportToSign on Case {
    ...CaseReport
    reportDraft {
      id
      supportingCells {
        ...ReportCell
      }
    }
    differential {
      ...Differential
    }
  }
`);
