import { TextField } from '@mui/material';

interface SourceFieldProps {
  value: string;
  onChange: (source: string) => void;
  /** What else there is to know about it, a sentence. */
  hint?: string;
  autoFocus?: boolean;
}

/** Where images are read from: a bucket, or a folder that the server allows. */
export function SourceField({ value, onChange, hint = '', autoFocus = false }: SourceFieldProps) {
  return (
    <TextField
      label="Source"
      required
      autoFocus={autoFocus}
      placeholder="s3://bucket/prefix"
      helperText={`s3://bucket/prefix, or file:/folder below a root that the server allows. ${hint}`.trim()}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
