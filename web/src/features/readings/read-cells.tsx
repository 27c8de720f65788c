import {
  Alert,
  Box,
  Button,
  Link,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableRow,
} from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { ReadingDetailsFragment } from '../../graphql/graphql.js';
import { useLinkState } from '../../ui/came-from.js';
import { colours } from '../../ui/colours.js';
import { DateTime } from '../../ui/date-time.js';
import { count } from '../../ui/format.js';
import { cellTypeLabels } from '../../ui/labels.js';
import { Section } from '../../ui/section.js';
import { OutcomeChip } from '../predictions/outcome-chip.js';
import { decisionText } from './reading-words.js';

/** The cells of a finished reading: what the reader decided, beside the answers of the model. */
export function ReadCells({ reading, finishedAt }: { reading: ReadingDetailsFragment; finishedAt: string }) {
  const { cells, doubleReading, case: ofCase } = reading;
  const linkState = useLinkState();
  const decided = cells.filter(({ verdict }) => verdict !== null).length;
  return (
    <>
      <Alert
        severity="success"
        action={
          doubleReading ? (
            <Button component={RouterLink} to={`/double-readings/${doubleReading.id}`} color="inherit">
              Double reading
            </Button>
          ) : (
            ofCase && (
              <Button component={RouterLink} to={`/cases/${ofCase.id}`} color="inherit">
                Case
              </Button>
            )
          )
        }
      >
        Finished on <DateTime iso={finishedAt} />. You decided on {decided} of {count(cells.length, 'cell')}.
      </Alert>
      <Section title="Cells">
        <Box sx={{ overflowX: 'auto' }}>
          <Table size="small" aria-label="Cells">
            <TableHead>
              <TableRow>
                <TableCell>Cell</TableCell>
                <TableCell>Your decision</TableCell>
                <TableCell>Answer of the model</TableCell>
              </TableRow>
            </TableHead>
            <TableBody>
              {cells.map((cell) => (
                <TableRow key={cell.id}>
                  <TableCell>
                    <Stack direction="row" spacing={1.5} sx={{ alignItems: 'center' }}>
                      <Box
                        component="img"
                        src={`${cell.pictureUrl}?size=160`}
                        alt=""
                        loading="lazy"
                        sx={{
                          width: 56,
                          height: 56,
                          objectFit: 'contain',
                          bgcolor: colours.pictureBackground,
                        }}
                      />
                      {cell.prediction ? (
                        <Link
                          component={RouterLink}
                          to={`/predictions/${cell.prediction.id}`}
                          state={linkState}
                        >
                          Cell {cell.place + 1}
                        </Link>
                      ) : (
                        `Cell ${cell.place + 1}`
                      )}
                    </Stack>
                  </TableCell>
                  <TableCell>
                    {decisionText(cell) ?? 'Not decided'}
                    {cell.cellType && `, ${cellTypeLabels[cell.cellType].toLowerCase()}`}
                    {cell.comment && ` (${cell.comment})`}
                  </TableCell>
                  <TableCell>
                    {cell.prediction && (
                      <OutcomeChip
                        outcome={cell.prediction.outcome}
                        label={cell.prediction.label}
                        positiveLabel={cell.prediction.modelVersion.positiveLabel}
                      />
                    )}
                  </TableCell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </Box>
      </Section>
    </>
  );
}
