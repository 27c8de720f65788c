import { Box, Stack, Typography } from '@mui/material';
import type { CaseReportFragment } from '../../graphql/graphql.js';
import { Code } from '../../ui/code.js';
import { DateTime } from '../../ui/date-time.js';
import { ReportLinks } from './report-links.js';
import { reportStatusLabels } from './report-words.js';

/** The signed reports of a case, newest first. */
export function ReportVersions({ reports }: Pick<CaseReportFragment, 'reports'>) {
  return (
    <Stack component="ul" spacing={1.5} sx={{ listStyle: 'none', p: 0, m: 0 }} aria-label="Signed reports">
      {reports.map(({ id, version, status, signedAt, signedBy, conclusion, digest, pdfUrl, fhirUrl }) => (
        <Box component="li" key={id}>
          <Typography sx={{ fontWeight: 650 }}>
            Version {version}, {reportStatusLabels[status].toLowerCase()}
          </Typography>
          <Typography variant="body2" color="textSecondary">
            Signed by {signedBy.displayName} on <DateTime iso={signedAt} />
          </Typography>
          <Typography sx={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>{conclusion}</Typography>
          <Typography variant="caption" component="p" sx={{ overflowWrap: 'anywhere' }}>
            SHA-256 <Code>{digest}</Code>
          </Typography>
          <ReportLinks of={`version ${version}`} pdfUrl={pdfUrl} fhirUrl={fhirUrl} />
        </Box>
      ))}
    </Stack>
  );
}
