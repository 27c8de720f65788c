import { Box, Stack, Typography } from '@mui/material';
import { seriesColour } from '../../ui/colours.js';
import { readable } from '../../ui/format.js';

interface LabelCount {
  label: string;
  count: number;
}

/** The number of images of each label, as a stacked bar with a legend, which gives each label and its number. */
export function LabelBar({ labelCounts }: { labelCounts: readonly LabelCount[] }) {
  if (labelCounts.length === 0) return null;
  const inOrder = labelCounts.toSorted((a, b) => b.count - a.count);
  const colourOf = (index: number) => seriesColour(index);
  return (
    <Box>
      <Box aria-hidden sx={{ display: 'flex', height: 10, borderRadius: 5, overflow: 'hidden', gap: '2px' }}>
        {inOrder.map(({ label, count }, index) => (
          <Box key={label} sx={{ flexGrow: count, flexBasis: 0, bgcolor: colourOf(index) }} />
        ))}
      </Box>
      <Stack
        component="ul"
        direction="row"
        useFlexGap
        sx={{ flexWrap: 'wrap', columnGap: 2, rowGap: 0.25, listStyle: 'none', p: 0, m: 0, mt: 0.75 }}
      >
        {inOrder.map(({ label, count }, index) => (
          <Stack component="li" key={label} direction="row" spacing={0.75} sx={{ alignItems: 'center' }}>
            <Box aria-hidden sx={{ width: 10, height: 10, borderRadius: 0.5, bgcolor: colourOf(index) }} />
            <Typography variant="body2">
              {readable(label)} {count.toLocaleString()}
            </Typography>
          </Stack>
        ))}
      </Stack>
    </Box>
  );
}
