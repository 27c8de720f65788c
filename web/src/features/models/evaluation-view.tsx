import {
  Alert,
  Box,
  LinearProgress,
  Link,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableRow,
  Typography,
} from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { EvaluationFiguresFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { count, decimal, interval, percent, readable } from '../../ui/format.js';
import { Section } from '../../ui/section.js';
import { CurveChart } from './curve-chart.js';

export const evaluationFiguresFragment = graphql(`
  fragment EvaluationFigures on Evaluation {
    id
    status
    error
    createdAt
    itemCount
    groupCount
    split
    datasetSnapshot {
      id
      name
      version
    }
    auc {
      estimate
      lower
      upper
    }
    sensitivity {
      estimate
      lower
      upper
    }
    specificity {
      estimate
      lower
      upper
    }
    balancedAccuracy {
      estimate
      lower
      upper
    }
    expectedCalibrationError
    brierScore
    abstentionRate
    confusionMatrix {
      actual
      predicted
      count
    }
    rocCurve {
      x
      y
    }
    reliabilityCurve {
      x
      y
    }
  }
`);

interface EvaluationViewProps {
  evaluation: EvaluationFiguresFragment;
  positiveLabel: string;
}

/** How a version does on a snapshot: the figures with their intervals, and the curves behind them. */
export function EvaluationView({ evaluation, positiveLabel }: EvaluationViewProps) {
  const { status, error, datasetSnapshot, itemCount, groupCount } = evaluation;
  const extent = [
    count(itemCount, 'image'),
    groupCount != null ? count(groupCount, 'patient or slide', 'patients or slides') : null,
  ];
  return (
    <Section
      title={evaluation.split ? `Evaluation, ${evaluation.split} split` : 'Evaluation'}
      hint={
        <>
          On{' '}
          <Link component={RouterLink} to={`/datasets/${datasetSnapshot.id}`}>
            {datasetSnapshot.name} version {datasetSnapshot.version}
          </Link>
          {status === 'SUCCEEDED' && ` (${extent.filter(Boolean).join(' of ')})`}
        </>
      }
    >
      {status === 'FAILED' && <Alert severity="error">{error ?? 'The evaluation failed.'}</Alert>}
      {(status === 'QUEUED' || status === 'RUNNING') && <LinearProgress aria-label="Evaluation under way" />}
      {status === 'SUCCEEDED' && <Figures evaluation={evaluation} positiveLabel={positiveLabel} />}
    </Section>
  );
}

function Figures({ evaluation, positiveLabel }: EvaluationViewProps) {
  const { auc, sensitivity, specificity, balancedAccuracy } = evaluation;
  return (
    <Stack spacing={2.5}>
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'repeat(auto-fit, minmax(8rem, 1fr))' }}>
        <Figure name="AUC" value={auc} />
        <Figure name="Sensitivity" value={sensitivity} />
        <Figure name="Specificity" value={specificity} />
        <Figure name="Balanced accuracy" value={balancedAccuracy} />
        <PlainFigure name="Calibration error" value={evaluation.expectedCalibrationError} />
        <PlainFigure name="Brier score" value={evaluation.brierScore} />
        <PlainFigure name="Left to a person" value={evaluation.abstentionRate} format={percent} />
      </Box>
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 17rem), 1fr))',
        }}
      >
        <CurveChart
          title="ROC curve"
          points={evaluation.rocCurve}
          xLabel="1 − specificity"
          yLabel="Sensitivity"
        />
        <CurveChart
          title="Reliability"
          points={evaluation.reliabilityCurve}
          xLabel={`Predicted probability of ${readable(positiveLabel)}`}
          yLabel={`Share that was ${readable(positiveLabel)}`}
          marked
        />
        <ConfusionTable cells={evaluation.confusionMatrix} />
      </Box>
    </Stack>
  );
}

function Figure({
  name,
  value,
}: {
  name: string;
  value?: { estimate: number; lower: number; upper: number } | null;
}) {
  return (
    <Box>
      <Typography variant="body2" color="textSecondary">
        {name}
      </Typography>
      <Typography sx={{ fontSize: '1.4rem', fontWeight: 650 }} title={value ? interval(value) : undefined}>
        {value ? decimal(value.estimate) : '–'}
      </Typography>
      {value && (
        <Typography variant="caption" color="textSecondary">
          95 %: {decimal(value.lower)} to {decimal(value.upper)}
        </Typography>
      )}
    </Box>
  );
}

interface PlainFigureProps {
  name: string;
  value?: number | null;
  format?: (value: number) => string;
}

function PlainFigure({ name, value, format = decimal }: PlainFigureProps) {
  return (
    <Box>
      <Typography variant="body2" color="textSecondary">
        {name}
      </Typography>
      <Typography sx={{ fontSize: '1.4rem', fontWeight: 650 }}>
        {value == null ? '–' : format(value)}
      </Typography>
    </Box>
  );
}

function ConfusionTable({ cells }: { cells: EvaluationFiguresFragment['confusionMatrix'] }) {
  const labels = [...new Set(cells.flatMap(({ actual, predicted }) => [actual, predicted]))].sort();
  const countOf = (actual: string, predicted: string) =>
    cells.find((cell) => cell.actual === actual && cell.predicted === predicted)?.count ?? 0;
  if (cells.length === 0) return null;
  return (
    <Box>
      <Typography variant="h3" gutterBottom>
        Confusion
      </Typography>
      <Table size="small" aria-label="Confusion matrix">
        <TableHead>
          <TableRow>
            <TableCell>Truth</TableCell>
            {labels.map((label) => (
              <TableCell key={label} align="right">
                Said {readable(label)}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {labels.map((actual) => (
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
