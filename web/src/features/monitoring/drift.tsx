import { Table, TableBody, TableCell, TableContainer, TableHead, TableRow, Typography } from '@mui/material';
import { decimal } from '../../ui/format.js';
import { Section } from '../../ui/section.js';

interface Feature {
  name: string;
  populationStabilityIndex: number;
}

const readableNames: Record<string, string> = {
  width: 'Width',
  height: 'Height',
  byteSize: 'File size',
};

/** How much the images of a time window differ from the champion's training images. */
export function Drift({ features }: { features: readonly Feature[] }) {
  return (
    <Section
      title="Drift from the training images"
      hint="Population stability index. By convention, below 0.1 means no shift, 0.1 to 0.2 a moderate shift, and above 0.2 a large shift."
    >
      {features.length === 0 ? (
        <Typography color="textSecondary">
          Not available. Drift needs at least 1,000 images in the time window and 1,000 images in the
          champion’s snapshot on this server.
        </Typography>
      ) : (
        <TableContainer>
          <Table size="small" aria-label="Drift">
            <TableHead>
              <TableRow>
                <TableCell>Image property</TableCell>
                <TableCell align="right">Stability index</TableCell>
                <TableCell>Shift</TableCell>
              </TableRow>
            </TableHead>
            <TableBody>
              {features.map(({ name, populationStabilityIndex: index }) => (
                <TableRow key={name}>
                  <TableCell>{readableNames[name] ?? name}</TableCell>
                  <TableCell align="right">{decimal(index)}</TableCell>
                  <TableCell>{shiftOf(index)}</TableCell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </TableContainer>
      )}
    </Section>
  );
}

function shiftOf(index: number): string {
  if (index < 0.1) return 'None';
  return index <= 0.2 ? 'Moderate' : 'Large';
}
