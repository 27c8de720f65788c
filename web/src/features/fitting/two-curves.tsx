import { Box, Typography } from '@mui/material';
import { LineChart } from '@mui/x-charts/LineChart';
import { decimal } from '../../ui/format.js';
import { colours, seriesColour } from '../../ui/colours.js';

interface Point {
  x: number;
  y: number;
}

interface TwoCurvesProps {
  title: string;
  before: readonly Point[];
  after: readonly Point[];
  xLabel: string;
  yLabel: string;
  /** The largest value of y. Default: 1. */
  yMax?: number;
  /** Whether each point has a marker. Default: false. */
  marked?: boolean;
  /** Whether the diagonal is drawn, which means perfect calibration in a reliability curve. Default: false. */
  withDiagonal?: boolean;
}

/** A curve before and after a fit. x is from 0 to 1. */
export function TwoCurves({
  title,
  before,
  after,
  xLabel,
  yLabel,
  yMax = 1,
  marked = false,
  withDiagonal = false,
}: TwoCurvesProps) {
  const xs = [...new Set([0, 1, ...before.map(({ x }) => x), ...after.map(({ x }) => x)])].sort(
    (a, b) => a - b,
  );
  const at = (points: readonly Point[]) => {
    const byX = new Map(points.map(({ x, y }) => [x, y]));
    return xs.map((x) => byX.get(x) ?? null);
  };
  const common = { curve: 'linear' as const, connectNulls: true };
  const valueFormatter = (value: number | null) => (value === null ? '' : decimal(value));
  return (
    <Box component="figure" sx={{ m: 0, minWidth: 0 }}>
      <Typography variant="h3" component="figcaption">
        {title}
      </Typography>
      <LineChart
        height={260}
        margin={{ left: 0, right: 16, top: 12, bottom: 0 }}
        skipAnimation
        grid={{ horizontal: true, vertical: true }}
        xAxis={[{ min: 0, max: 1, tickNumber: 5, data: xs, scaleType: 'linear', label: xLabel }]}
        yAxis={[{ min: 0, max: yMax, tickNumber: 5, label: yLabel, width: 68 }]}
        series={[
          ...(withDiagonal
            ? [{ ...common, data: xs, label: 'Perfect', color: colours.strongLine, showMark: false }]
            : []),
          {
            ...common,
            data: at(before),
            label: 'Before',
            color: seriesColour(7),
            showMark: marked,
            valueFormatter,
          },
          {
            ...common,
            data: at(after),
            label: 'After',
            color: seriesColour(0),
            showMark: marked,
            valueFormatter,
          },
        ]}
      />
    </Box>
  );
}
