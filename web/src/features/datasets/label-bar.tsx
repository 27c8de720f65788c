import { Box, Stack, Typography } from '@mui/material';
import { readable } from '../../ui/format.js';

// The colours differ in lightness as well as in hue. The legend below the bar also gives each label and its number.
const colours = ['#4f3a8c', '#2c8f8c', '#c77a2b', '#9b3d68', '#5b7fc7', '#7c8f3a', '#a9a2b8'];

interface LabelCount {
  label: string;
  count: number;
}

/** The number of images of each label, as a stacked bar with a legend. */
export function LabelBar({ labelCounts }: { labelCounts: readonly LabelCount[] }) {
  if (labelCounts.length === 0) return null;
  const inOrder = labelCounts.toSorted((a, b) => b.count - a.count);
  const colourOf = (index: number) => colours[index % colours.length];
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
