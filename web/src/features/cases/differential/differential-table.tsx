import { Box, Table, TableBody, TableCell, TableHead, TableRow, Typography } from '@mui/material';
import { blastTypes } from '../../../../../server/decision/blast-types.js';
import type { CellType, CountedShareFragment, DifferentialFragment } from '../../../graphql/graphql.js';
import { colours } from '../../../ui/colours.js';
import { intervalText, rowName, shareText } from './differential-words.js';

const blastRows: ReadonlySet<CellType | null> = new Set(blastTypes);

/** The white cells of a case by type, the blasts first. */
export function DifferentialTable({ differential }: { differential: DifferentialFragment }) {
  const { rows, blasts, blastsAndEquivalents, countBandsSeparately, whiteCells } = differential;
  return (
    <Table
      size="small"
      aria-label="Differential"
      sx={{ '& td, & th': { px: { xs: 0.75, sm: 2 }, verticalAlign: 'top', breakInside: 'avoid' } }}
    >
      <TableHead>
        <TableRow>
          <TableCell>Type</TableCell>
          <TableCell align="right">Cells</TableCell>
          <TableCell align="right">Share</TableCell>
          <TableCell>95 % interval</TableCell>
        </TableRow>
      </TableHead>
      <TableBody>
        <ShareRow name="Blasts, all lineages" counted={blasts} isTotal isBlast />
        {blastsAndEquivalents.count > blasts.count && (
          <ShareRow name="Blasts and blast equivalents" counted={blastsAndEquivalents} isTotal isBlast />
        )}
        {rows.map((row) => (
          <ShareRow
            key={row.type}
            name={rowName(row.type, countBandsSeparately)}
            counted={row}
            isBlast={blastRows.has(row.type)}
          />
        ))}
        <TableRow>
          <TableCell component="th" scope="row">
            White cells
          </TableCell>
          <TableCell align="right">{whiteCells.toLocaleString()}</TableCell>
          <TableCell align="right" sx={{ whiteSpace: 'nowrap' }}>
            {whiteCells > 0 ? shareText({ share: 1 }) : '–'}
          </TableCell>
          <TableCell>–</TableCell>
        </TableRow>
      </TableBody>
    </Table>
  );
}

interface ShareRowProps {
  name: string;
  counted: CountedShareFragment;
  /** Whether other rows are part of this one. */
  isTotal?: boolean;
  isBlast: boolean;
}

function ShareRow({ name, counted, isTotal = false, isBlast }: ShareRowProps) {
  const weight = isTotal ? 700 : undefined;
  return (
    <TableRow>
      <TableCell
        component="th"
        scope="row"
        sx={{ width: '45%', fontWeight: weight, overflowWrap: 'anywhere' }}
      >
        {name}
        <ShareBar counted={counted} colour={isBlast ? colours.positive : colours.negative} />
      </TableCell>
      <TableCell align="right" sx={{ fontWeight: weight }}>
        {counted.count.toLocaleString()}
      </TableCell>
      <TableCell align="right" sx={{ fontWeight: weight, whiteSpace: 'nowrap' }}>
        {shareText(counted)}
      </TableCell>
      <TableCell>
        {counted.isEstimate ? <em>Model estimate</em> : (intervalText(counted) ?? '–')}
        {counted.count > 0 && (
          <Typography variant="caption" color="textSecondary" sx={{ display: 'block' }}>
            {counted.reviewed.toLocaleString()} of {counted.count.toLocaleString()} reviewed
          </Typography>
        )}
      </TableCell>
    </TableRow>
  );
}

const position = (share: number) => `${share * 100}%`;

/** The share as a bar, with a line for its interval. The numbers beside it say the same. */
function ShareBar({
  counted: { share, lower, upper },
  colour,
}: {
  counted: CountedShareFragment;
  colour: string;
}) {
  return (
    <Box
      aria-hidden
      sx={{
        ...{ position: 'relative', height: 8, mt: 0.5, borderRadius: 1, bgcolor: colours.track },
        ...{ forcedColorAdjust: 'none', printColorAdjust: 'exact' },
      }}
    >
      <Box sx={{ width: position(share ?? 0), height: 1, borderRadius: 1, bgcolor: colour }} />
      {lower !== null && upper !== null && (
        <Box
          sx={{
            ...{ position: 'absolute', top: 3, height: 2, bgcolor: colours.threshold },
            ...{ left: position(lower), width: position(upper - lower) },
          }}
        />
      )}
    </Box>
  );
}
