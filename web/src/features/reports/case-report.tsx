import { useQuery } from '@apollo/client/react';
import { Alert, Button, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { Loaded } from '../../ui/loaded.js';
import { Section } from '../../ui/section.js';
import { ReportLinks } from './report-links.js';
import { ReportVersions } from './report-versions.js';
import { SigningObstacles } from './signing-obstacles.js';

const caseReportQuery = graphql(`
  query CaseReport($id: ID!) {
    case(id: $id) {
      ...CaseReport
    }
  }
`);

/** Work of others on the case is shown after at most this time. */
const POLL_MS = 15_000;

/** The section of a case about its report: what is missing, what was signed, and what has changed since. */
export function CaseReport({ caseId }: { caseId: string }) {
  const query = useQuery(caseReportQuery, {
    variables: { id: caseId },
    fetchPolicy: 'cache-and-network',
    pollInterval: POLL_MS,
  });
  const mayWrite = useMay('review');
  const seesReports = useMay('see images');
  return (
    <Section
      title="Report"
      actions={
        seesReports && (
          <Button component={RouterLink} to={`/cases/${caseId}/report`} variant="outlined" size="small">
            {mayWrite ? 'Write the report' : 'Read the report'}
          </Button>
        )
      }
    >
      <Loaded query={query} content={query.data?.case ?? undefined} rows={2}>
        {({ state, reports, reportDraft, changesSinceSigned, signingObstacles }) => (
          <Stack spacing={2}>
            {state === 'SIGNED' && <ChangesSinceSigned changes={changesSinceSigned} />}
            {state === 'OPEN' && <SigningObstacles obstacles={signingObstacles} />}
            {reports.length > 0 && <ReportVersions reports={reports} />}
            {reports.length === 0 && reportDraft && (
              <Stack>
                <Typography sx={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>
                  {reportDraft.conclusion || 'No conclusion has been written yet.'}
                </Typography>
                <ReportLinks of="the draft" pdfUrl={reportDraft.pdfUrl} fhirUrl={reportDraft.fhirUrl} />
              </Stack>
            )}
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

/** What has changed in a signed case. */
export function ChangesSinceSigned({ changes }: { changes: readonly string[] }) {
  if (changes.length === 0) return <Alert severity="success">Signed. Nothing has changed since then.</Alert>;
  return (
    <Alert severity="warning">
      This case has changed since the report was signed. {changes.join(' ')} Sign the report again to make an
      amended report; the signed one stays as it is.
    </Alert>
  );
}
