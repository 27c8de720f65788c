import { Box, Typography } from '@mui/material';
import { ChartsReferenceLine } from '@mui/x-charts/ChartsReferenceLine';
import { LineChart } from '@mui/x-charts/LineChart';
import { colours } from '../../ui/colours.js';
import type { FitMetricsFragment } from '../../graphql/graphql.js';
import { percentThreshold, readable } from '../../ui/format.js';

interface ScoreDistributionProps {
  title: string;
  metrics: FitMetricsFragment;
  positiveLabel: string;
}

/** How many cells of each class have which probability, with the threshold and the limits of the abstention band. */
export function ScoreDistribution({ title, metrics, positiveLabel }: ScoreDistributionProps) {
  const { scoreDistribution: bins, decisionThreshold, abstentionBand } = metrics;
  const [low, high] = abstentionBand;
  // A last point closes the last step.
  const xs = [...bins.map(({ from }) => from), 1];
  const counts = (of: 'negative' | 'positive') => [...bins.map((bin) => bin[of]), bins.at(-1)?.[of] ?? 0];
  const series = (of: 'negative' | 'positive', label: string, color: string) => ({
    ...{ data: counts(of), label, color, area: true, showMark: false },
    curve: 'stepAfter' as const,
  });
  return (
    <Box component="figure" sx={{ m: 0, minWidth: 0 }}>
      <Typography variant="h3" component="figcaption">
        {title}
      </Typography>
      <Typography variant="caption" color="textSecondary">
        Threshold {percentThreshold(decisionThreshold)}
        {low !== undefined && high !== undefined && low < high
          ? `, needs review from ${percentThreshold(low)} to ${percentThreshold(high)}`
          : ''}
      </Typography>
      <LineChart
        height={240}
        margin={{ left: 0, right: 16, top: 12, bottom: 0 }}
        skipAnimation
        grid={{ horizontal: true }}
        sx={{ '& .MuiAreaElement-root': { fillOpacity: 0.25 } }}
        xAxis={[
          {
            ...{ min: 0, max: 1, tickNumber: 5, data: xs },
            scaleType: 'linear',
            label: `Probability of ${readable(positiveLabel)}`,
          },
        ]}
        yAxis={[{ min: 0, width: 52, label: 'Cells', tickMinStep: 1 }]}
        series={[
          series('negative', `Not ${readable(positiveLabel)}`, colours.negative),
          series('positive', readable(positiveLabel), colours.positive),
        ]}
      >
        <ChartsReferenceLine x={decisionThreshold} lineStyle={{ stroke: colours.threshold }} />
        {abstentionBand.map((limit, index) => (
          <ChartsReferenceLine
            key={index}
            x={limit}
            lineStyle={{ stroke: colours.needsReview, strokeDasharray: '4 3' }}
          />
        ))}
      </LineChart>
    </Box>
  );
}
