import { Box, Stack, Typography } from '@mui/material';
import { decimal } from '../../../ui/format.js';
import { colours } from '../../../ui/colours.js';
import type { LineStyle } from './version-colours.js';

interface Line {
  name: string;
  /** Both coordinates from 0 to 1. */
  points: readonly { x: number; y: number }[];
  style: LineStyle;
}

interface LinesChartProps {
  title: string;
  lines: readonly Line[];
  xLabel: string;
  yLabel: string;
  /** Whether each point has a marker. Default: false. */
  marked?: boolean;
}

const SIDE = 240;
const LEFT = 44;
const BOTTOM = 40;
const TOP = 8;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const xOf = (x: number) => LEFT + x * SIDE;
const yOf = (y: number) => TOP + (1 - y) * SIDE;

/** One curve for each version in the unit square with its diagonal, which means chance in a ROC curve and perfect calibration in a reliability curve. */
export function LinesChart({ title, lines, xLabel, yLabel, marked = false }: LinesChartProps) {
  const shown = lines.filter(({ points }) => points.length > 0);
  if (shown.length === 0) return null;
  return (
    <Box component="figure" sx={{ m: 0, minWidth: 0 }}>
      <Typography variant="h3" component="figcaption">
        {title}
      </Typography>
      <Box
        component="svg"
        role="img"
        aria-label={`${title} of ${shown.map(({ name }) => name).join(', ')}`}
        viewBox={`0 0 ${LEFT + SIDE + 12} ${TOP + SIDE + BOTTOM}`}
        sx={{ width: '100%', maxWidth: 400, display: 'block', fontSize: 11, fill: 'currentcolor' }}
      >
        {TICKS.map((tick) => (
          <g key={tick}>
            <path
              d={`M${xOf(tick)} ${yOf(0)}V${yOf(1)}M${xOf(0)} ${yOf(tick)}H${xOf(1)}`}
              stroke={colours.gridLine}
              fill="none"
            />
            <text x={xOf(tick)} y={yOf(0) + 14} textAnchor="middle">
              {tick}
            </text>
            <text x={LEFT - 5} y={yOf(tick) + 4} textAnchor="end">
              {tick}
            </text>
          </g>
        ))}
        <path d={`M${xOf(0)} ${yOf(0)}L${xOf(1)} ${yOf(1)}`} stroke={colours.strongLine} fill="none" />
        {shown.map(({ name, points, style }) => (
          <g key={name}>
            <polyline
              points={points.map(({ x, y }) => `${xOf(x).toFixed(1)},${yOf(y).toFixed(1)}`).join(' ')}
              fill="none"
              stroke={style.colour}
              strokeWidth={2}
              strokeDasharray={style.dashes}
            />
            {marked &&
              points.map(({ x, y }) => (
                <circle key={x} cx={xOf(x)} cy={yOf(y)} r={3} fill={style.colour}>
                  <title>{`${name}: ${decimal(x)}, ${decimal(y)}`}</title>
                </circle>
              ))}
          </g>
        ))}
        <text x={xOf(0.5)} y={yOf(0) + 32} textAnchor="middle">
          {xLabel}
        </text>
        <text transform={`translate(11 ${yOf(0.5)}) rotate(-90)`} textAnchor="middle">
          {yLabel}
        </text>
      </Box>
      <Legend lines={shown} />
    </Box>
  );
}

function Legend({ lines }: { lines: readonly Line[] }) {
  return (
    <Stack direction="row" useFlexGap spacing={2} sx={{ flexWrap: 'wrap' }}>
      {lines.map(({ name, style }) => (
        <Stack key={name} direction="row" spacing={0.75} sx={{ alignItems: 'center' }}>
          <svg width={28} height={8} aria-hidden>
            <path d="M0 4H28" stroke={style.colour} strokeWidth={2} strokeDasharray={style.dashes} />
          </svg>
          <Typography variant="caption">{name}</Typography>
        </Stack>
      ))}
    </Stack>
  );
}
