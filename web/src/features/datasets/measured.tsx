import { Box, Typography } from '@mui/material';
import { colours } from '../../ui/colours.js';
import { decimal } from '../../ui/format.js';

interface MeasuredProps {
  /** The name of the statistic, such as 'AUC'. */
  name: string;
  statistic: number;
  /** The value from which the statistic is a finding. */
  threshold?: number | null;
  /** The start of the scale: the value of the statistic if there is no problem. */
  from: number;
  colour: string;
}

/** A statistic as a bar with a mark at its threshold, and both as numbers. */
export function Measured({ name, statistic, threshold, from, colour }: MeasuredProps) {
  const largest = Math.max(statistic, threshold ?? 0);
  const to = largest <= 1 ? 1 : largest * 1.25;
  const place = (value: number) => `${Math.min(100, Math.max(0, ((value - from) / (to - from)) * 100))}%`;
  const text = `${name} ${figure(statistic)}${threshold == null ? '' : ` (limit ${figure(threshold)})`}`;
  return (
    <Box sx={{ maxWidth: 360 }}>
      <Box
        role="img"
        aria-label={text}
        sx={{ position: 'relative', height: 8, borderRadius: 4, bgcolor: colours.track, my: 0.75 }}
      >
        <Box sx={{ height: '100%', width: place(statistic), borderRadius: 4, bgcolor: colour }} />
        {threshold != null && (
          <Box
            sx={{
              position: 'absolute',
              left: place(threshold),
              top: -4,
              bottom: -4,
              width: '2px',
              ml: '-1px',
              bgcolor: 'text.primary',
            }}
          />
        )}
      </Box>
      <Typography variant="body2" color="textSecondary" aria-hidden>
        {text}
      </Typography>
    </Box>
  );
}

/** Whole numbers above 1 (pixel counts) unchanged, fractions with three digits. */
function figure(value: number): string {
  return Number.isInteger(value) && value > 1 ? String(value) : decimal(value);
}
