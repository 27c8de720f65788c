import { Box, Typography } from '@mui/material';
import { LineChart } from '@mui/x-charts/LineChart';
import { decimal } from '../../ui/format.js';
import { colours, seriesColour } from '../../ui/colours.js';

interface CurveChartProps {
  title: string;
  /** Both coordinates from 0 to 1. */
  points: readonly { x: number; y: number }[];
  xLabel: string;
  yLabel: string;
  /** Whether each point has a marker. Default: false. */
  marked?: boolean;
}

/** A curve in the unit square with its diagonal, which means chance in a ROC curve and perfect calibration in a reliability curve. */
export function CurveChart({ title, points, xLabel, yLabel, marked = false }: CurveChartProps) {
  if (points.length === 0) return null;
  const inOrder = points.toSorted((a, b) => a.x - b.x || a.y - b.y);
  const xs = inOrder.map(({ x }) => x);
  const axis = { min: 0, max: 1, tickNumber: 5 };
  return (
    <Box component="figure" sx={{ m: 0, minWidth: 0 }}>
      <Typography variant="h3" component="figcaption">
        {title}
      </Typography>
      <LineChart
        height={260}
        margin={{ left: 0, right: 16, top: 12, bottom: 0 }}
        skipAnimation
        hideLegend
        grid={{ horizontal: true, vertical: true }}
        xAxis={[{ ...axis, data: xs, scaleType: 'linear', label: xLabel }]}
        yAxis={[{ ...axis, label: yLabel, width: 52 }]}
        series={[
          { data: xs, label: 'Diagonal', color: colours.strongLine, showMark: false, curve: 'linear' },
          {
            data: inOrder.map(({ y }) => y),
            label: yLabel,
            color: seriesColour(0),
            showMark: marked,
            curve: 'linear',
            valueFormatter: (value) => (value === null ? '' : decimal(value)),
          },
        ]}
      />
    </Box>
  );
}
