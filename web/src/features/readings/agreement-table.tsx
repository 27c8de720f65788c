import { Box, Table, TableBody, TableCell, TableHead, TableRow, Typography } from '@mui/material';
import type { AgreementFiguresFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { count, decimal, interval, percent } from '../../ui/format.js';

export const agreementFragment = graphql(`
  fragment AgreementFigures on Agreement {
    count
    agreeing
    leftOut
    kappa
    standardError
    lower
    upper
  }
`);

export const readingAgreementFragment = graphql(`
  fragment ReadingAgreementFigures on ReadingAgreement {
    modelVersion {
      id
      version
    }
    labels {
      ...AgreementFigures
    }
    cellTypes {
      ...AgreementFigures
    }
    withModel {
      reader {
        id
        displayName
      }
      labels {
        ...AgreementFigures
      }
    }
  }
`);

/** Agreements, one a row: the share of equal labels, and Cohen's κ with its 95 % interval. */
export function AgreementTable({
  label,
  rows,
}: {
  /** What the table is about, for screen readers. */
  label: string;
  rows: readonly { name: string; agreement: AgreementFiguresFragment }[];
}) {
  return (
    <Box sx={{ overflowX: 'auto' }}>
      <Table size="small" aria-label={label}>
        <TableHead>
          <TableRow>
            <TableCell>Between</TableCell>
            <TableCell>Same label</TableCell>
            <TableCell>Cohen’s κ (95 % interval)</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map(({ name, agreement }) => (
            <TableRow key={name}>
              <TableCell component="th" scope="row">
                {name}
              </TableCell>
              <TableCell>
                {shareText(agreement)}
                {agreement.leftOut > 0 && (
                  <Typography variant="caption" color="textSecondary" component="div">
                    {count(agreement.leftOut, 'cell')} not compared
                  </Typography>
                )}
              </TableCell>
              <TableCell>
                {kappaText(agreement)}
                {agreement.standardError !== null && (
                  <Typography variant="caption" color="textSecondary" component="div">
                    standard error {decimal(agreement.standardError)}
                  </Typography>
                )}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Box>
  );
}

function shareText({ count: compared, agreeing }: AgreementFiguresFragment): string {
  return compared === 0 ? 'no cells' : `${percent(agreeing / compared)} (${agreeing} of ${compared})`;
}

function kappaText({ kappa, lower, upper }: AgreementFiguresFragment): string {
  return kappa === null || lower === null || upper === null
    ? '–'
    : interval({ estimate: kappa, lower, upper });
}
