import {
  Alert,
  Button,
  Checkbox,
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
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import type { EstimateFragment, VersionRowFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { interval } from '../../ui/format.js';
import { AliasChips } from './alias-chips.js';
import { compareAddress } from './comparison/compare-address.js';
import { MOST_COMPARED } from './comparison/comparison-choices.js';
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
      split
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

interface VersionsTableProps {
  modelName: string;
  versions: readonly VersionRowFragment[];
}

/**
 * A model's versions with the metrics of their newest evaluation on this server, or else their reported metrics, each with the
 * snapshot that it was measured on. Selected versions can be compared.
 */
export function VersionsTable({ modelName, versions }: VersionsTableProps) {
  const [selected, setSelected] = useState<readonly string[]>([]);
  const toggle = (id: string) =>
    setSelected(selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id]);
  return (
    <Stack spacing={1.5}>
      <DifferentSnapshots modelName={modelName} versions={versions} />
      {versions.length > 1 && (
        <Stack direction="row" spacing={1.5} sx={{ alignItems: 'center' }}>
          <Button
            variant="outlined"
            size="small"
            component={RouterLink}
            to={compareAddress(modelName, selected)}
            disabled={selected.length < 2}
          >
            Compare
          </Button>
          <Typography variant="body2" color="textSecondary">
            {selected.length < 2
              ? `Select 2 to ${MOST_COMPARED} versions to compare them on one snapshot.`
              : `${selected.length} versions selected`}
          </Typography>
        </Stack>
      )}
      <Rows versions={versions} selected={selected} onToggle={versions.length > 1 ? toggle : null} />
    </Stack>
  );
}

/** The evaluation whose figures the table shows: the newest on a whole snapshot, or else the newest. */
function shownEvaluation({ evaluations }: VersionRowFragment) {
  const succeeded = evaluations.filter(({ status }) => status === 'SUCCEEDED');
  return succeeded.findLast(({ split }) => split == null) ?? succeeded.at(-1);
}

/** Says that the figures of the table must not be compared if they were measured on different images. Empty otherwise. */
function DifferentSnapshots({ modelName, versions }: VersionsTableProps) {
  const measured = versions.flatMap((version) => {
    const evaluation = shownEvaluation(version);
    const snapshot = evaluation?.datasetSnapshot;
    const figures = evaluation ?? version.reportedMetrics.at(-1);
    if (!figures) return [];
    return [
      { id: version.id, snapshot, set: snapshot ? `${snapshot.id} ${evaluation.split ?? ''}` : version.id },
    ];
  });
  if (new Set(measured.map(({ set }) => set)).size < 2) return null;
  const snapshotId = measured.find(({ snapshot }) => snapshot)?.snapshot?.id;
  const ids = measured.slice(0, MOST_COMPARED).map(({ id }) => id);
  return (
    <Alert
      severity="info"
      sx={{ flexWrap: 'wrap' }}
      action={
        <Button
          color="inherit"
          component={RouterLink}
          to={compareAddress(modelName, ids, snapshotId)}
          sx={{ minWidth: 'max-content' }}
        >
          Compare on one snapshot
        </Button>
      }
    >
      These figures were measured on different images, so they do not show which version is better.
    </Alert>
  );
}

interface RowsProps {
  versions: readonly VersionRowFragment[];
  selected: readonly string[];
  /** Null if there is nothing to compare. */
  onToggle: ((id: string) => void) | null;
}

function Rows({ versions, selected, onToggle }: RowsProps) {
  return (
    <TableContainer>
      <Table size="small" aria-label="Versions">
        <TableHead>
          <TableRow>
            {onToggle && <TableCell component="td" padding="checkbox" />}
            <TableCell>Version</TableCell>
            <TableCell>AUC (95 % CI), measured on</TableCell>
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
            const evaluation = shownEvaluation(version);
            const isSelected = selected.includes(version.id);
            // The last of the reported splits is the final test.
            const reported = version.reportedMetrics.at(-1);
            return (
              <TableRow key={version.id} hover>
                {onToggle && (
                  <TableCell padding="checkbox">
                    <Checkbox
                      checked={isSelected}
                      disabled={!isSelected && selected.length >= MOST_COMPARED}
                      onChange={() => onToggle(version.id)}
                      slotProps={{ input: { 'aria-label': `Select version ${version.version}` } }}
                    />
                  </TableCell>
                )}
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
                  {figure((evaluation ?? reported)?.auc)}
                  {evaluation ? (
                    <Typography variant="caption" component="div" color="textSecondary">
                      {evaluation.split ? `The ${evaluation.split} split of ` : 'On '}
                      <Link component={RouterLink} to={`/datasets/${evaluation.datasetSnapshot.id}`}>
                        {evaluation.datasetSnapshot.name} version {evaluation.datasetSnapshot.version}
                      </Link>
                    </Typography>
                  ) : (
                    reported && (
                      <Typography variant="caption" component="div" color="textSecondary">
                        Reported, not measured here ({reported.split} split)
                      </Typography>
                    )
                  )}
                </TableCell>
                <TableCell sx={wideOnly}>{figure((evaluation ?? reported)?.sensitivity)}</TableCell>
                <TableCell sx={wideOnly}>{figure((evaluation ?? reported)?.specificity)}</TableCell>
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
