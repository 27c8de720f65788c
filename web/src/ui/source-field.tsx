import { TextField } from '@mui/material';

interface SourceFieldProps {
  value: string;
  onChange: (source: string) => void;
  /** A further sentence for the helper text. */
  hint?: string;
  autoFocus?: boolean;
}

/** The source of images: an S3 bucket, or a folder that the server allows. */
export function SourceField({ value, onChange, hint = '', autoFocus = false }: SourceFieldProps) {
  return (
    <TextField
      label="Source"
      required
      autoFocus={autoFocus}
      placeholder="s3://bucket/prefix"
      helperText={`s3://bucket/prefix or file:/folder, where the server allows it. ${hint}`.trim()}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
