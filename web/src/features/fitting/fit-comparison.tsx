import {
  Alert,
  Box,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Typography,
} from '@mui/material';
import type {
  FitComparisonFragment,
  FitDifferenceFragment,
  FitMetricsFragment,
} from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { decimal, interval, percent, readable, signed } from '../../ui/format.js';
import { ScoreDistribution } from './score-distribution.js';
import { TwoCurves } from './two-curves.js';

export const fitMetricsFragment = graphql(`
  fragment FitMetrics on FitMetrics {
    ...VersionFigures
    decisionThreshold
    abstentionBand
    selectiveError
    selectiveErrorCurve {
      x
      y
    }
    scoreDistribution {
      from
      negative
      positive
    }
  }
`);

export const fitDifferenceFragment = graphql(`
  fragment FitDifference on FitDifference {
    estimate
    interval
  }
`);

export const fitComparisonFragment = graphql(`
  fragment FitComparison on FitFigures {
    hasIntervals
    isClearlyBetter
    notes
    difference {
      sensitivity {
        ...FitDifference
      }
      specificity {
        ...FitDifference
      }
      balancedAccuracy {
        ...FitDifference
      }
      expectedCalibrationError {
        ...FitDifference
      }
      brierScore {
        ...FitDifference
      }
      coverage {
        ...FitDifference
      }
      selectiveError {
        ...FitDifference
      }
    }
    before {
      ...FitMetrics
    }
    after {
      ...FitMetrics
    }
    original {
      before {
        ...FitMetrics
      }
      after {
        ...FitMetrics
      }
    }
  }
`);

interface FitComparisonProps {
  figures: FitComparisonFragment;
  positiveLabel: string;
}

/** The figures of the fitted cells before and after the fit, with their curves. */
export function FitComparison({ figures, positiveLabel }: FitComparisonProps) {
  const { before, after, difference, original, isClearlyBetter, hasIntervals, notes } = figures;
  const largestError = Math.max(
    0.05,
    ...[...before.selectiveErrorCurve, ...after.selectiveErrorCurve].map(({ y }) => y),
  );
  return (
    <Stack spacing={2.5}>
      <Alert severity={isClearlyBetter ? 'success' : 'info'}>
        {isClearlyBetter
          ? 'On these cells the fitted version is better than its base by more than chance.'
          : 'On these cells the fitted version is not clearly better than its base.'}
      </Alert>
      <FiguresTable
        before={before}
        after={after}
        difference={difference}
        hasIntervals={hasIntervals}
        caption={original ? 'With the final labels' : undefined}
      />
      {original && (
        <FiguresTable
          before={original.before}
          after={original.after}
          hasIntervals={hasIntervals}
          caption="With the first label of each cell"
        />
      )}
      {notes.map((note) => (
        <Typography key={note} variant="body2" color="textSecondary">
          {note}
        </Typography>
      ))}
      <Box
        sx={{
          display: 'grid',
          gap: 2.5,
          gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 24rem), 1fr))',
        }}
      >
        <ScoreDistribution title="Probabilities before" metrics={before} positiveLabel={positiveLabel} />
        <ScoreDistribution title="Probabilities after" metrics={after} positiveLabel={positiveLabel} />
        <TwoCurves
          title="Calibration (reliability curve)"
          before={before.reliabilityCurve}
          after={after.reliabilityCurve}
          xLabel={`Predicted probability of ${readable(positiveLabel)}`}
          yLabel={`Observed fraction of ${readable(positiveLabel)}`}
          marked
          withDiagonal
        />
        <TwoCurves
          title="Coverage and wrong labels"
          before={before.selectiveErrorCurve}
          after={after.selectiveErrorCurve}
          xLabel="Share of cells classified, most certain first"
          yLabel="Wrong labels among them"
          yMax={largestError}
        />
      </Box>
    </Stack>
  );
}

interface FiguresTableProps {
  before: FitMetricsFragment;
  after: FitMetricsFragment;
  /** After minus before. Default: not shown. */
  difference?: Differences;
  hasIntervals: boolean;
  caption: string | undefined;
}

type Differences = FitComparisonFragment['difference'];

function FiguresTable({ before, after, difference, hasIntervals, caption }: FiguresTableProps) {
  return (
    <TableContainer>
      {caption && (
        <Typography variant="h3" gutterBottom>
          {caption}
        </Typography>
      )}
      <Table size="small" aria-label={caption ?? 'Figures before and after the fit'}>
        <TableHead>
          <TableRow>
            <TableCell>Figure</TableCell>
            <TableCell align="right">Before</TableCell>
            <TableCell align="right">After</TableCell>
            {difference && <TableCell align="right">Difference</TableCell>}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map(({ name, value, differenceOf }) => (
            <TableRow key={name}>
              <TableCell component="th" scope="row">
                {name}
              </TableCell>
              <TableCell align="right">{value(before, hasIntervals)}</TableCell>
              <TableCell align="right">{value(after, hasIntervals)}</TableCell>
              {difference && <TableCell align="right">{differenceText(differenceOf(difference))}</TableCell>}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

const estimate = (value: FitMetricsFragment['auc'], hasIntervals: boolean) =>
  value ? (hasIntervals ? interval(value) : decimal(value.estimate)) : '–';
const share = (value: number | null | undefined) => (value == null ? '–' : percent(value));

/** '+0.012 (−0.003 to +0.027)', without the interval where there are too few patients for one. */
function differenceText({ estimate: value, interval: limits }: FitDifferenceFragment): string {
  if (value == null) return '–';
  const [lower, upper] = limits ?? [];
  return lower === undefined || upper === undefined
    ? signed(value)
    : `${signed(value)} (${signed(lower)} to ${signed(upper)})`;
}

interface Row {
  name: string;
  value: (metrics: FitMetricsFragment, hasIntervals: boolean) => string;
  differenceOf: (difference: NonNullable<Differences>) => FitDifferenceFragment;
}

const rows: Row[] = [
  {
    name: 'Sensitivity',
    value: ({ sensitivity }, hasIntervals) => estimate(sensitivity, hasIntervals),
    differenceOf: (of) => of.sensitivity,
  },
  {
    name: 'Specificity',
    value: ({ specificity }, hasIntervals) => estimate(specificity, hasIntervals),
    differenceOf: (of) => of.specificity,
  },
  {
    name: 'Balanced accuracy',
    value: ({ balancedAccuracy }, hasIntervals) => estimate(balancedAccuracy, hasIntervals),
    differenceOf: (of) => of.balancedAccuracy,
  },
  {
    name: 'Calibration error',
    value: ({ expectedCalibrationError: error }) => (error == null ? '–' : decimal(error)),
    differenceOf: (of) => of.expectedCalibrationError,
  },
  {
    name: 'Brier score',
    value: ({ brierScore }) => (brierScore == null ? '–' : decimal(brierScore)),
    differenceOf: (of) => of.brierScore,
  },
  {
    name: 'Classified (not withheld)',
    value: ({ abstentionRate }) => share(abstentionRate == null ? null : 1 - abstentionRate),
    differenceOf: (of) => of.coverage,
  },
  {
    name: 'Wrong labels among the classified',
    value: ({ selectiveError }) => share(selectiveError),
    differenceOf: (of) => of.selectiveError,
  },
];
