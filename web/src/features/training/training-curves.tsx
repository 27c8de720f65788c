import { Box, Typography } from '@mui/material';
import { useTheme } from '@mui/material/styles';
import { LineChart } from '@mui/x-charts/LineChart';
import type { RunDetailsFragment } from '../../graphql/graphql.js';
import { decimal } from '../../ui/format.js';
import { Section } from '../../ui/section.js';

type Epochs = RunDetailsFragment['epochs'];

/** Loss and validation AUC after each epoch, growing as the run goes. */
export function TrainingCurves({ epochs }: { epochs: Epochs }) {
  const { palette } = useTheme();
  const newest = epochs.at(-1);
  const figure = (value: number | null) => (value === null ? '' : decimal(value));
  const x = epochs.map(({ epoch }) => epoch);
  return (
    <Section
      title="Curves"
      hint={
        newest
          ? `Epoch ${newest.epoch}: validation AUC ${decimal(newest.validationAuc)}, validation loss ${decimal(newest.validationLoss)}, ${newest.seconds.toFixed(1)} s`
          : undefined
      }
    >
      {!newest ? (
        <Typography color="textSecondary">The first point appears after the first epoch.</Typography>
      ) : (
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 20rem), 1fr))',
          }}
        >
          <Chart
            title="Loss"
            x={x}
            series={[
              {
                data: epochs.map(({ loss }) => loss),
                label: 'Training',
                color: palette.secondary.main,
                valueFormatter: figure,
              },
              {
                data: epochs.map(({ validationLoss }) => validationLoss),
                label: 'Validation',
                color: palette.primary.main,
                valueFormatter: figure,
              },
            ]}
          />
          <Chart
            title="Validation AUC"
            x={x}
            max={1}
            series={[
              {
                data: epochs.map(({ validationAuc }) => validationAuc),
                label: 'Validation AUC',
                color: palette.primary.main,
                valueFormatter: figure,
              },
            ]}
          />
        </Box>
      )}
    </Section>
  );
}

interface ChartProps {
  title: string;
  x: number[];
  max?: number;
  series: {
    data: number[];
    label: string;
    color: string;
    valueFormatter: (value: number | null) => string;
  }[];
}

function Chart({ title, x, max, series }: ChartProps) {
  return (
    <Box component="figure" sx={{ m: 0, minWidth: 0 }}>
      <Typography variant="h3" component="figcaption">
        {title}
      </Typography>
      <LineChart
        height={260}
        margin={{ left: 0, right: 8, top: 12, bottom: 0 }}
        skipAnimation
        hideLegend={series.length === 1}
        grid={{ horizontal: true }}
        xAxis={[
          {
            data: x,
            scaleType: 'linear',
            label: 'Epoch',
            tickMinStep: 1,
            valueFormatter: (epoch: number) => String(epoch),
          },
        ]}
        yAxis={[{ width: 46, max }]}
        series={series.map((one) => ({ ...one, curve: 'linear' as const, showMark: x.length < 30 }))}
      />
    </Box>
  );
}
