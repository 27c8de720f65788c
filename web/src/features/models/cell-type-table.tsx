import { Box, Stack, Table, TableBody, TableCell, TableHead, TableRow, Typography } from '@mui/material';
import type { EstimateFragment, VersionFiguresFragment } from '../../graphql/graphql.js';
import { decimal, percent } from '../../ui/format.js';
import { cellTypeName } from '../../ui/labels.js';
import { ConfusionTable } from './confusion-table.js';

/** How well a version names each cell type, and which types it confuses. */
export function CellTypeTable({ figures }: { figures: NonNullable<VersionFiguresFragment['cellTypes']> }) {
  return (
    <Stack spacing={2}>
      <Box sx={{ overflowX: 'auto' }}>
        <Typography variant="h3" gutterBottom>
          Cell types
        </Typography>
        <Typography variant="body2" color="textSecondary" gutterBottom>
          A type is named if the image is classified and the type is probable enough. 95 % confidence
          intervals over images.
        </Typography>
        <Table size="small" aria-label="Cell types">
          <TableHead>
            <TableRow>
              <TableCell>Type</TableCell>
              <TableCell align="right">Images</TableCell>
              <TableCell align="right">AUC against the rest</TableCell>
              <TableCell align="right">Named correctly, of its images</TableCell>
              <TableCell align="right">Correct, of those named so</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {figures.types.map(({ label, itemCount, auc, sensitivity, precision }) => (
              <TableRow key={label}>
                <TableCell component="th" scope="row">
                  {cellTypeName(label)}
                </TableCell>
                <TableCell align="right">{itemCount.toLocaleString()}</TableCell>
                <TableCell align="right">{auc === null ? '–' : decimal(auc)}</TableCell>
                <TableCell align="right">{share(sensitivity)}</TableCell>
                <TableCell align="right">{share(precision)}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </Box>
      <Box sx={{ overflowX: 'auto' }}>
        <ConfusionTable
          title="Confusion matrix of the cell types"
          cells={figures.confusionMatrix.map(({ actual, predicted, count }) => ({
            actual: cellTypeName(actual),
            predicted: predicted === null ? 'no type' : cellTypeName(predicted),
            count,
          }))}
        />
      </Box>
    </Stack>
  );
}

function share(value: EstimateFragment | null): string {
  return value ? `${percent(value.estimate)} (${percent(value.lower)} to ${percent(value.upper)})` : '–';
}
