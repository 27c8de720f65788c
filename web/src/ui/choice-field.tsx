import { MenuItem, TextField } from '@mui/material';

interface ChoiceFieldProps {
  label: string;
  /** A text below the field. Default: none. */
  hint?: string;
  value: string;
  onChange: (value: string) => void;
  options: [value: string, text: string][];
}

/** A select field whose first option, "Any", means no filter. */
export function ChoiceField({ label, hint, value, onChange, options }: ChoiceFieldProps) {
  // A value from an old link, or one whose options are still loading, is shown as it is in the URL.
  const listed = value === '' || options.some(([option]) => option === value);
  return (
    <TextField
      select
      label={label}
      helperText={hint}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
    >
      <MenuItem value="">Any</MenuItem>
      {!listed && <MenuItem value={value}>{value}</MenuItem>}
      {options.map(([option, text]) => (
        <MenuItem key={option} value={option}>
          {text}
        </MenuItem>
      ))}
    </TextField>
  );
}
