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
  byteSize: 'Size of the file',
};

/** How far the images of a window differ from those that the champion learned from. */
export function Drift({ features }: { features: readonly Feature[] }) {
  return (
    <Section
      title="Images compared with those it was trained on"
      hint="By the population stability index: below 0.1 is no shift by custom, up to 0.2 a moderate one, above a large one."
    >
      {features.length === 0 ? (
        <Typography color="textSecondary">
          Not compared: it takes 1,000 images in the window, and as many in the champion&apos;s snapshot on
          this server.
        </Typography>
      ) : (
        <TableContainer>
          <Table size="small" aria-label="Drift">
            <TableHead>
              <TableRow>
                <TableCell>Of the image</TableCell>
                <TableCell align="right">Index</TableCell>
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
  if (index < 0.1) return 'none';
  return index <= 0.2 ? 'moderate' : 'large';
}
