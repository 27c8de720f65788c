import type { ReportStatus } from '../../graphql/graphql.js';

export const reportStatusLabels: Record<ReportStatus, string> = {
  PRELIMINARY: 'Draft',
  FINAL: 'Final',
  AMENDED: 'Amended',
};

/** As many as a report shows. */
export const MOST_SUPPORTING_CELLS = 12;
