import { Box, Typography } from '@mui/material';
import { colours } from '../../../ui/colours.js';
import { percentThreshold, readable } from '../../../ui/format.js';

interface ScoreChartProps {
  title: string;
  bins: readonly { lower: number; upper: number; negativeCount: number; positiveCount: number }[];
  positiveLabel: string;
  threshold: number;
  /** Lower and upper limit of the abstention band. */
  band: readonly number[];
}

const WIDTH = 300;
const HEIGHT = 56;
const GAP = 16;

/**
 * How the probabilities of each class are distributed, with the threshold (dashed line) and the abstention band (grey). The bars of each
 * class are relative to its own highest bar, because the classes often differ much in number.
 */
export function ScoreChart({ title, bins, positiveLabel, threshold, band }: ScoreChartProps) {
  if (bins.length === 0) return null;
  const [low = threshold, high = threshold] = band;
  const rows = [
    {
      name: readable(positiveLabel),
      counts: bins.map(({ positiveCount }) => positiveCount),
      colour: colours.positive,
    },
    {
      name: `not ${readable(positiveLabel)}`,
      counts: bins.map(({ negativeCount }) => negativeCount),
      colour: colours.negative,
    },
  ];
  const bottom = 2 * HEIGHT + 2 * GAP;
  return (
    <Box component="figure" sx={{ m: 0, minWidth: 0 }}>
      <Typography variant="h3" component="figcaption">
        {title}
      </Typography>
      <Box
        component="svg"
        role="img"
        aria-label={`Probabilities of ${readable(positiveLabel)}, ${title}`}
        viewBox={`-4 0 ${WIDTH + 8} ${bottom + 34}`}
        sx={{ width: '100%', maxWidth: 440, display: 'block', fontSize: 11, fill: 'currentcolor' }}
      >
        <rect
          x={low * WIDTH}
          y={0}
          width={Math.max(0, high - low) * WIDTH}
          height={bottom}
          fill={colours.track}
        >
          <title>{`Needs review from ${percentThreshold(low)} to ${percentThreshold(high)}`}</title>
        </rect>
        {rows.map(({ name, counts, colour }, row) => {
          const most = Math.max(1, ...counts);
          const base = (row + 1) * (HEIGHT + GAP);
          return (
            <g key={name}>
              {counts.map((count, index) => {
                const { lower, upper } = bins[index] ?? { lower: 0, upper: 0 };
                const height = (count / most) * HEIGHT;
                return (
                  <rect
                    key={lower}
                    x={lower * WIDTH + 0.5}
                    y={base - height}
                    width={(upper - lower) * WIDTH - 1}
                    height={height}
                    fill={colour}
                  >
                    <title>{`${name}, ${percentThreshold(lower)} to ${percentThreshold(upper)}: ${count}`}</title>
                  </rect>
                );
              })}
              <path d={`M0 ${base}H${WIDTH}`} stroke={colours.strongLine} />
              <text x={WIDTH / 2} y={base - HEIGHT - 4} textAnchor="middle">
                {name}, {counts.reduce((sum, count) => sum + count, 0).toLocaleString()} images
              </text>
            </g>
          );
        })}
        <path
          d={`M${threshold * WIDTH} 0V${bottom}`}
          stroke={colours.threshold}
          strokeWidth={1.5}
          strokeDasharray="4 3"
        />
        {[0, 0.5, 1].map((tick) => (
          <text
            key={tick}
            x={tick * WIDTH}
            y={bottom + 13}
            textAnchor={tick === 0 ? 'start' : tick === 1 ? 'end' : 'middle'}
          >
            {percentThreshold(tick)}
          </text>
        ))}
        <text x={WIDTH / 2} y={bottom + 28} textAnchor="middle">
          Probability of {readable(positiveLabel)}
        </text>
      </Box>
    </Box>
  );
}
