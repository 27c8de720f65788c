import { Slider, Stack, Typography } from '@mui/material';
import { useId } from 'react';

interface EvidenceSliderProps {
  /** 0…1 */
  opacity: number;
  onChange: (opacity: number) => void;
  width?: number | string;
}

/** Sets the opacity of the evidence map. */
export function EvidenceSlider({ opacity, onChange, width = 160 }: EvidenceSliderProps) {
  const id = useId();
  return (
    <Stack direction="row" spacing={2} sx={{ alignItems: 'center' }}>
      <Typography variant="body2" id={id} sx={{ whiteSpace: 'nowrap' }}>
        Evidence map
      </Typography>
      <Slider
        size="small"
        aria-labelledby={id}
        min={0}
        max={100}
        value={Math.round(opacity * 100)}
        onChange={(_, value) => onChange(value / 100)}
        valueLabelDisplay="auto"
        valueLabelFormat={(value) => (value === 0 ? 'Off' : `${value} %`)}
        sx={{ width }}
      />
    </Stack>
  );
}
