import { Box, Typography } from '@mui/material';
import { LineChart } from '@mui/x-charts/LineChart';
import { seriesColour } from '../../ui/colours.js';
import type { RunDetailsFragment } from '../../graphql/graphql.js';
import { decimal } from '../../ui/format.js';
import { Section } from '../../ui/section.js';
import { epochsByMember } from './member-curves.js';

type Epoch = RunDetailsFragment['epochs'][number];
type Measure = 'loss' | 'validationLoss' | 'validationAuc';

interface TrainingCurvesProps {
  epochs: readonly Epoch[];
  /** The maximum number of epochs of each member of the run. */
  epochsEach: number;
  /** Whether the run is waiting or running, so that further epochs follow. */
  isUnderWay: boolean;
}

/** Loss and validation AUC after each epoch, updated during the run, with one line for each ensemble member. */
export function TrainingCurves({ epochs, epochsEach, isUnderWay }: TrainingCurvesProps) {
  const members = epochsByMember(epochs, epochsEach);
  const newest = members.at(-1)?.at(-1);
  return (
    <Section title="Curves" hint={newest && hintOf(newest, members.length)}>
      {!newest ? (
        <Typography color="textSecondary">
          {isUnderWay
            ? 'Curves appear after the first epoch.'
            : 'The run ended before its first epoch, so there are no curves.'}
        </Typography>
      ) : (
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 20rem), 1fr))',
          }}
        >
          {members.length === 1 ? <OneMember epochs={members[0] ?? []} /> : <ManyMembers members={members} />}
        </Box>
      )}
    </Section>
  );
}

function hintOf({ epoch, validationAuc, validationLoss, seconds }: Epoch, members: number): string {
  const where = members > 1 ? `Member ${members}, epoch ${epoch}` : `Epoch ${epoch}`;
  return `${where}: validation AUC ${decimal(validationAuc)}, validation loss ${decimal(validationLoss)}, ${decimal(seconds, 1)} s`;
}

function OneMember({ epochs }: { epochs: readonly Epoch[] }) {
  const x = epochs.map(({ epoch }) => epoch);
  const of = (measure: Measure, label: string, color: string) => ({
    data: epochs.map((epoch) => epoch[measure]),
    label,
    color,
  });
  const validation = seriesColour(0);
  return (
    <>
      <Chart
        title="Loss"
        x={x}
        series={[of('loss', 'Training', seriesColour(1)), of('validationLoss', 'Validation', validation)]}
      />
      <Chart
        title="Validation AUC"
        x={x}
        max={1}
        series={[of('validationAuc', 'Validation AUC', validation)]}
      />
    </>
  );
}

function ManyMembers({ members }: { members: readonly (readonly Epoch[])[] }) {
  const longest = Math.max(...members.map((epochs) => epochs.length));
  const x = Array.from({ length: longest }, (_, index) => index + 1);
  const each = (measure: Measure) =>
    members.map((epochs, index) => ({
      // Members that stopped early or are still training have fewer epochs than the longest one.
      data: x.map((_, at) => epochs[at]?.[measure] ?? null),
      label: `Member ${index + 1}`,
      color: seriesColour(index),
    }));
  return (
    <>
      <Chart title="Training loss" x={x} series={each('loss')} />
      <Chart title="Validation loss" x={x} series={each('validationLoss')} />
      <Chart title="Validation AUC" x={x} max={1} series={each('validationAuc')} />
    </>
  );
}

/** One colour for each of the at most 8 members. Neighbouring colours also differ in lightness. */

const figure = (value: number | null) => (value === null ? '' : decimal(value));

interface ChartProps {
  title: string;
  x: readonly number[];
  max?: number;
  series: { data: (number | null)[]; label: string; color: string | undefined }[];
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
        series={series.map((one) => ({
          ...one,
          curve: 'linear' as const,
          showMark: x.length < 30,
          valueFormatter: figure,
        }))}
      />
    </Box>
  );
}
