import { MenuItem, Stack, TextField } from '@mui/material';
import { DelayedTextField } from '../../ui/delayed-text-field.js';
import { recentWindows, windowNameOf } from './monitored-window.js';

interface WindowFieldsProps {
  search: URLSearchParams;
  onSearch: (search: URLSearchParams) => void;
}

/** Selects the time window. */
export function WindowFields({ search, onSearch }: WindowFieldsProps) {
  const name = windowNameOf(search);
  const change = (key: 'from' | 'to', value: string) => {
    const next = new URLSearchParams(search);
    next.set(key, value);
    onSearch(next);
  };
  return (
    <Stack direction={{ xs: 'column', sm: 'row' }} spacing={1.5}>
      <TextField
        select
        label="Time window"
        value={name}
        onChange={(event) => onSearch(new URLSearchParams({ window: event.target.value }))}
        sx={{ minWidth: 200 }}
      >
        {Object.entries(recentWindows).map(([value, { name: text }]) => (
          <MenuItem key={value} value={value}>
            {text}
          </MenuItem>
        ))}
        <MenuItem value="custom">Custom dates</MenuItem>
      </TextField>
      {name === 'custom' && (
        <>
          <DelayedTextField
            label="From date"
            type="date"
            value={search.get('from') ?? ''}
            onChange={(value) => change('from', value)}
            slotProps={{ inputLabel: { shrink: true } }}
          />
          <DelayedTextField
            label="To date"
            type="date"
            value={search.get('to') ?? ''}
            onChange={(value) => change('to', value)}
            slotProps={{ inputLabel: { shrink: true } }}
          />
        </>
      )}
    </Stack>
  );
}
