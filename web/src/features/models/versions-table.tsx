import {
  Link,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Typography,
} from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { EstimateFragment, VersionRowFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { interval } from '../../ui/format.js';
import { AliasChips } from './alias-chips.js';
import { VersionStatusChip } from './version-status-chip.js';

export const versionRowFragment = graphql(`
  fragment VersionRow on ModelVersion {
    id
    version
    status
    aliases
    createdAt
    predictionCount
    evaluations {
      id
      status
      datasetSnapshot {
        id
        name
        version
      }
      ...MainFigures
    }
    reportedMetrics {
      split
      ...MainFigures
    }
  }
`);

/** For columns that narrow screens leave out. The version's page shows their values too. */
const wideOnly = { display: { xs: 'none', md: 'table-cell' }, whiteSpace: 'nowrap' };

/** A model's versions with the metrics of their newest evaluation on this server, or else their reported metrics. */
export function VersionsTable({ versions }: { versions: readonly VersionRowFragment[] }) {
  return (
    <TableContainer>
      <Table size="small" aria-label="Versions">
        <TableHead>
          <TableRow>
            <TableCell>Version</TableCell>
            <TableCell>AUC (95 % CI)</TableCell>
            <TableCell sx={wideOnly}>Sensitivity</TableCell>
            <TableCell sx={wideOnly}>Specificity</TableCell>
            <TableCell align="right" sx={wideOnly}>
              Predictions
            </TableCell>
            <TableCell sx={wideOnly}>Created</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {versions.map((version) => {
            const evaluation = version.evaluations.findLast(({ status }) => status === 'SUCCEEDED');
            // The last of the reported splits is the final test.
            const figures = evaluation ?? version.reportedMetrics.at(-1);
            return (
              <TableRow key={version.id} hover>
                <TableCell>
                  <Stack
                    direction="row"
                    useFlexGap
                    spacing={1}
                    sx={{ alignItems: 'center', whiteSpace: 'nowrap' }}
                  >
                    <Link component={RouterLink} to={`/model-versions/${version.id}`}>
                      Version {version.version}
                    </Link>
                    {version.status !== 'READY' && <VersionStatusChip status={version.status} />}
                    <AliasChips aliases={version.aliases} />
                  </Stack>
                </TableCell>
                <TableCell sx={{ whiteSpace: 'nowrap' }}>
                  {figure(figures?.auc)}
                  {!evaluation && figures && (
                    <Typography variant="caption" component="div" color="textSecondary">
                      Reported, not measured here
                    </Typography>
                  )}
                </TableCell>
                <TableCell sx={wideOnly}>{figure(figures?.sensitivity)}</TableCell>
                <TableCell sx={wideOnly}>{figure(figures?.specificity)}</TableCell>
                <TableCell align="right" sx={wideOnly}>
                  {version.predictionCount.toLocaleString()}
                </TableCell>
                <TableCell sx={wideOnly}>
                  <DateTime iso={version.createdAt} dayOnly />
                </TableCell>
              </TableRow>
            );
          })}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

function figure(value: EstimateFragment | null | undefined): string {
  return value ? interval(value) : '–';
}
