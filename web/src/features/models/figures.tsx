import { Box, Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import type { EstimateFragment, VersionFiguresFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { decimal, interval, percent, readable } from '../../ui/format.js';
import { CellTypeTable } from './cell-type-table.js';
import { ConfusionTable } from './confusion-table.js';
import { CurveChart } from './curve-chart.js';
import { withheldMeaning } from '../../ui/labels.js';

/** A metric with its 95 % confidence interval. */
export const estimateFragment = graphql(`
  fragment Estimate on Interval {
    estimate
    lower
    upper
  }
`);

/** The figures that a list of versions has room for. */
export const mainFiguresFragment = graphql(`
  fragment MainFigures on Figures {
    auc {
      ...Estimate
    }
    sensitivity {
      ...Estimate
    }
    specificity {
      ...Estimate
    }
  }
`);

/** All figures of a version, with the curves behind them. */
export const versionFiguresFragment = graphql(`
  fragment VersionFigures on Figures {
    itemCount
    groupCount
    ...MainFigures
    balancedAccuracy {
      ...Estimate
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
    cellTypes {
      itemCount
      types {
        label
        itemCount
        auc
        sensitivity {
          ...Estimate
        }
        precision {
          ...Estimate
        }
      }
      confusionMatrix {
        actual
        predicted
        count
      }
    }
  }
`);

interface FiguresProps {
  figures: VersionFiguresFragment;
  positiveLabel: string;
  /** Whether the curves are shown from the start. */
  openAtFirst: boolean;
}

/** The metrics with their confidence intervals, and on request the curves and the confusion matrix. */
export function Figures({ figures, positiveLabel, openAtFirst }: FiguresProps) {
  const { auc, sensitivity, specificity, balancedAccuracy } = figures;
  const [open, setOpen] = useState(openAtFirst);
  return (
    <Stack spacing={2.5}>
      <Box
        sx={{
          display: 'grid',
          columnGap: 1,
          rowGap: 2,
          gridTemplateColumns: 'repeat(auto-fit, minmax(8rem, 1fr))',
        }}
      >
        <Figure name="AUC" value={auc} />
        <Figure name="Sensitivity" value={sensitivity} />
        <Figure name="Specificity" value={specificity} />
        <Figure name="Balanced accuracy" value={balancedAccuracy} />
        <PlainFigure name="Calibration error" value={figures.expectedCalibrationError} />
        <PlainFigure name="Brier score" value={figures.brierScore} />
        <PlainFigure name="Withheld" value={figures.abstentionRate} format={percent} note={withheldMeaning} />
      </Box>
      {open ? (
        <>
          <Curves figures={figures} positiveLabel={positiveLabel} />
          {figures.cellTypes && <CellTypeTable figures={figures.cellTypes} />}
        </>
      ) : (
        <Button size="small" onClick={() => setOpen(true)} sx={{ alignSelf: 'flex-start' }}>
          Show curves and confusion matrix
        </Button>
      )}
    </Stack>
  );
}

function Curves({ figures, positiveLabel }: Omit<FiguresProps, 'openAtFirst'>) {
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 2,
        gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 17rem), 1fr))',
      }}
    >
      <CurveChart title="ROC curve" points={figures.rocCurve} xLabel="1 − specificity" yLabel="Sensitivity" />
      <CurveChart
        title="Calibration (reliability curve)"
        points={figures.reliabilityCurve}
        xLabel={`Predicted probability of ${readable(positiveLabel)}`}
        yLabel={`Observed fraction of ${readable(positiveLabel)}`}
        marked
      />
      <ConfusionTable cells={figures.confusionMatrix} />
    </Box>
  );
}

function Figure({ name, value }: { name: string; value: EstimateFragment | null }) {
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
          95 % CI {decimal(value.lower)} to {decimal(value.upper)}
        </Typography>
      )}
    </Box>
  );
}

interface PlainFigureProps {
  name: string;
  value?: number | null;
  format?: (value: number) => string;
  note?: string;
}

function PlainFigure({ name, value, format = decimal, note }: PlainFigureProps) {
  return (
    <Box>
      <Typography variant="body2" color="textSecondary">
        {name}
      </Typography>
      <Typography sx={{ fontSize: '1.4rem', fontWeight: 650 }}>
        {value == null ? '–' : format(value)}
      </Typography>
      {note && (
        <Typography variant="caption" color="textSecondary">
          {note}
        </Typography>
      )}
    </Box>
  );
}
