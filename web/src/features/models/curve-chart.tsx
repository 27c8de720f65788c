import { Box, Typography } from '@mui/material';
import { useTheme } from '@mui/material/styles';
import { LineChart } from '@mui/x-charts/LineChart';

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
  const { palette } = useTheme();
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
          { data: xs, label: 'Diagonal', color: palette.grey[400], showMark: false, curve: 'linear' },
          {
            data: inOrder.map(({ y }) => y),
            label: yLabel,
            color: palette.primary.main,
            showMark: marked,
            curve: 'linear',
            valueFormatter: (value) => (value === null ? '' : value.toFixed(3)),
          },
        ]}
      />
    </Box>
  );
}
