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
import type { VersionRowFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { day, interval } from '../../ui/format.js';
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
      auc {
        ...Estimate
      }
      sensitivity {
        ...Estimate
      }
      specificity {
        ...Estimate
      }
    }
    reportedMetrics {
      split
      auc {
        ...Estimate
      }
      sensitivity {
        ...Estimate
      }
      specificity {
        ...Estimate
      }
    }
  }
`);

/** What a narrow window has no room for: it stands on the version's own page. */
const wideOnly = { display: { xs: 'none', md: 'table-cell' }, whiteSpace: 'nowrap' };

/** A model's versions with the figures of each one's newest evaluation here, or those that it came with. */
export function VersionsTable({ versions }: { versions: readonly VersionRowFragment[] }) {
  return (
    <TableContainer>
      <Table size="small" aria-label="Versions">
        <TableHead>
          <TableRow>
            <TableCell>Version</TableCell>
            <TableCell>AUC (95 % interval)</TableCell>
            <TableCell sx={wideOnly}>Sensitivity</TableCell>
            <TableCell sx={wideOnly}>Specificity</TableCell>
            <TableCell align="right" sx={wideOnly}>
              Predictions
            </TableCell>
            <TableCell sx={wideOnly}>Made</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {versions.map((version) => {
            const evaluation = version.evaluations.findLast(({ status }) => status === 'SUCCEEDED');
            // Of what it came with, the last is what it was tried on in the end.
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
                      as reported by its maker
                    </Typography>
                  )}
                </TableCell>
                <TableCell sx={wideOnly}>{figure(figures?.sensitivity)}</TableCell>
                <TableCell sx={wideOnly}>{figure(figures?.specificity)}</TableCell>
                <TableCell align="right" sx={wideOnly}>
                  {version.predictionCount.toLocaleString()}
                </TableCell>
                <TableCell sx={wideOnly}>{day(version.createdAt)}</TableCell>
              </TableRow>
            );
          })}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

function figure(value: { estimate: number; lower: number; upper: number } | null | undefined): string {
  return value ? interval(value) : '–';
}
