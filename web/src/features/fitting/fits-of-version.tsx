import { Link, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { FitOfVersionFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { count } from '../../ui/format.js';
import { JobStatusChip } from '../../ui/job-status-chip.js';
import { Section } from '../../ui/section.js';

export const fitOfVersionFragment = graphql(`
  fragment FitOfVersion on Fit {
    id
    status
    createdAt
    cells {
      cellCount
    }
    fittedVersion {
      id
      version
    }
  }
`);

/** The fits that start from a version, newest first. Nothing if there are none. */
export function FitsOfVersion({ fits }: { fits: readonly FitOfVersionFragment[] }) {
  if (fits.length === 0) return null;
  return (
    <Section title="Fits of this version">
      <Stack spacing={1}>
        {fits.map(({ id, status, createdAt, cells, fittedVersion }) => (
          <Stack
            key={id}
            direction="row"
            useFlexGap
            spacing={1}
            sx={{ alignItems: 'center', flexWrap: 'wrap' }}
          >
            <JobStatusChip status={status} />
            <Link component={RouterLink} to={`/fits/${id}`}>
              {count(cells.cellCount, 'cell')}, <DateTime iso={createdAt} />
            </Link>
            {fittedVersion && (
              <Typography variant="body2" color="textSecondary">
                made version {fittedVersion.version}
              </Typography>
            )}
          </Stack>
        ))}
      </Stack>
    </Section>
  );
}
