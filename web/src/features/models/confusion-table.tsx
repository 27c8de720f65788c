import { Box, Table, TableBody, TableCell, TableHead, TableRow, Typography } from '@mui/material';
import { readable } from '../../ui/format.js';

interface ConfusionTableProps {
  cells: readonly { actual: string; predicted: string; count: number }[];
  /** Default: 'Confusion matrix'. */
  title?: string;
}

/** Confusion matrix: predicted against actual labels. */
export function ConfusionTable({ cells, title = 'Confusion matrix' }: ConfusionTableProps) {
  const labels = [...new Set(cells.flatMap(({ actual, predicted }) => [actual, predicted]))].sort();
  const actualLabels = labels.filter((label) => cells.some(({ actual }) => actual === label));
  const countOf = (actual: string, predicted: string) =>
    cells.find((cell) => cell.actual === actual && cell.predicted === predicted)?.count ?? 0;
  if (cells.length === 0) return null;
  return (
    <Box>
      <Typography variant="h3" gutterBottom>
        {title}
      </Typography>
      <Table size="small" aria-label={title}>
        <TableHead>
          <TableRow>
            <TableCell>Actual</TableCell>
            {labels.map((label) => (
              <TableCell key={label} align="right">
                Predicted {readable(label)}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {actualLabels.map((actual) => (
            <TableRow key={actual}>
              <TableCell component="th" scope="row">
                {readable(actual)}
              </TableCell>
              {labels.map((predicted) => (
                <TableCell
                  key={predicted}
                  align="right"
                  sx={{ fontWeight: actual === predicted ? 650 : 400 }}
                >
                  {countOf(actual, predicted).toLocaleString()}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Box>
  );
}
