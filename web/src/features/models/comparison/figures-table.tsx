import { Table, TableBody, TableCell, TableContainer, TableHead, TableRow, Typography } from '@mui/material';
import type { ComparedVersionFragment, EstimateFragment } from '../../../graphql/graphql.js';
import { decimal, interval, percentThreshold, signed } from '../../../ui/format.js';

type Differences = NonNullable<ComparedVersionFragment['differences']>;
type Figures = NonNullable<ComparedVersionFragment['figures']>;

interface Row {
  name: string;
  value: (figures: Figures) => string;
  difference?: (differences: Differences) => EstimateFragment | null | undefined;
}

const number = (value: number | null | undefined) => (value == null ? '–' : decimal(value));
const estimate = (value: EstimateFragment | null | undefined) => (value ? interval(value) : '–');

const rows: Row[] = [
  { name: 'AUC', value: ({ auc }) => estimate(auc), difference: ({ auc }) => auc },
  {
    name: 'Sensitivity',
    value: ({ sensitivity }) => estimate(sensitivity),
    difference: (of) => of.sensitivity,
  },
  {
    name: 'Specificity',
    value: ({ specificity }) => estimate(specificity),
    difference: (of) => of.specificity,
  },
  {
    ...{ name: 'Balanced accuracy', value: ({ balancedAccuracy }) => estimate(balancedAccuracy) },
    difference: ({ balancedAccuracy }) => balancedAccuracy,
  },
  {
    ...{ name: 'Calibration error', value: (of) => number(of.expectedCalibrationError) },
    difference: ({ expectedCalibrationError }) => expectedCalibrationError,
  },
  { name: 'Brier score', value: ({ brierScore }) => number(brierScore), difference: (of) => of.brierScore },
  {
    ...{ name: 'Coverage (not withheld)', difference: ({ coverage }) => coverage },
    value: ({ abstentionRate }) => number(abstentionRate == null ? null : 1 - abstentionRate),
  },
  { name: 'Cohen’s κ', value: ({ cohensKappa }) => number(cohensKappa) },
];

/** The figures of each version with their 95 % confidence intervals, and below each its difference to the first version. */
export function FiguresTable({ versions }: { versions: readonly ComparedVersionFragment[] }) {
  return (
    <TableContainer tabIndex={0}>
      <Table size="small" aria-label="Figures">
        <TableHead>
          <TableRow>
            <TableCell>Figure</TableCell>
            {versions.map(({ modelVersion }) => (
              <TableCell key={modelVersion.id}>Version {modelVersion.version}</TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          <TableRow>
            <TableCell component="th" scope="row">
              Threshold
            </TableCell>
            {versions.map(({ modelVersion: { id, decisionThreshold, abstentionBand } }) => (
              <TableCell key={id} sx={{ whiteSpace: 'nowrap' }}>
                {percentThreshold(decisionThreshold)}
                <Typography variant="caption" component="div" color="textSecondary">
                  Needs review: {abstentionBand.map(percentThreshold).join(' to ')}
                </Typography>
              </TableCell>
            ))}
          </TableRow>
          {rows.map(({ name, value, difference }) => (
            <TableRow key={name}>
              <TableCell component="th" scope="row">
                {name}
              </TableCell>
              {versions.map(({ modelVersion, figures, differences }) => (
                <TableCell key={modelVersion.id} sx={{ whiteSpace: 'nowrap' }}>
                  {figures ? value(figures) : '–'}
                  {differences && difference && <Difference value={difference(differences)} />}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

/** '+0.012 (−0.003 to +0.027)', in bold if the interval does not include 0. */
function Difference({ value }: { value: EstimateFragment | null | undefined }) {
  if (!value) return null;
  const isClear = value.lower > 0 || value.upper < 0;
  return (
    <Typography
      variant="caption"
      component="div"
      color={isClear ? 'textPrimary' : 'textSecondary'}
      sx={{ fontWeight: isClear ? 650 : 400 }}
    >
      {signed(value.estimate)} ({signed(value.lower)} to {signed(value.upper)})
    </Typography>
  );
}
