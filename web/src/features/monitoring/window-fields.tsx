import { MenuItem, Stack, TextField } from '@mui/material';
import { DateRangeFields } from '../../ui/date-range-fields.js';
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
          <DateRangeFields from={search.get('from') ?? ''} to={search.get('to') ?? ''} onChange={change} />
        </>
      )}
    </Stack>
  );
}
