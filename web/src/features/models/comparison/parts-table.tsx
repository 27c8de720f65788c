import { Table, TableBody, TableCell, TableContainer, TableHead, TableRow, Typography } from '@mui/material';
import type { AnswerCountsFragment, ComparedVersionFragment } from '../../../graphql/graphql.js';
import { percent, readable } from '../../../ui/format.js';

interface PartsTableProps {
  label: string;
  /** The name of the first column. */
  part: string;
  versions: readonly ComparedVersionFragment[];
  rows: readonly { name: string; imageCount: number; versions: readonly AnswerCountsFragment[] }[];
}

/** How often each version was right, by cell type or by patient. */
export function PartsTable({ label, part, versions, rows }: PartsTableProps) {
  return (
    <TableContainer tabIndex={0}>
      <Table size="small" aria-label={label}>
        <TableHead>
          <TableRow>
            <TableCell>{part}</TableCell>
            <TableCell align="right">Images</TableCell>
            {versions.map(({ modelVersion }) => (
              <TableCell key={modelVersion.id}>Version {modelVersion.version}, correct</TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row) => (
            <TableRow key={row.name}>
              <TableCell component="th" scope="row">
                {readable(row.name)}
              </TableCell>
              <TableCell align="right">{row.imageCount.toLocaleString()}</TableCell>
              {versions.map(({ modelVersion: { id } }) => (
                <TableCell key={id} sx={{ whiteSpace: 'nowrap' }}>
                  <Counts counts={row.versions.find(({ modelVersionId }) => modelVersionId === id)} />
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

function Counts({ counts }: { counts: AnswerCountsFragment | undefined }) {
  if (!counts) return '–';
  const { correctRate, withheldCount } = counts;
  return (
    <>
      {percent(correctRate.estimate)}
      <Typography variant="caption" component="div" color="textSecondary">
        95 % CI {percent(correctRate.lower)} to {percent(correctRate.upper)}
        {withheldCount > 0 && `, ${withheldCount.toLocaleString()} withheld`}
      </Typography>
    </>
  );
}
