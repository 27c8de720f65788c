import { MenuItem, TextField } from '@mui/material';
import type { PictureKind } from './classification-queue.js';

const options: Record<PictureKind, string> = {
  automatic: 'Decide for each picture',
  cell: 'One cell',
  field: 'Whole field with several cells',
};

interface PictureFieldProps {
  picture: PictureKind;
  onPicture: (picture: PictureKind) => void;
}

/** Whether the next files are classified as single cells or as fields. */
export function PictureField({ picture, onPicture }: PictureFieldProps) {
  return (
    <TextField
      select
      label="Each picture shows"
      value={picture}
      onChange={(event) => {
        if (isPictureKind(event.target.value)) onPicture(event.target.value);
      }}
      sx={{ flex: 1 }}
    >
      {Object.entries(options).map(([value, text]) => (
        <MenuItem key={value} value={value}>
          {text}
        </MenuItem>
      ))}
    </TextField>
  );
}

function isPictureKind(value: string): value is PictureKind {
  return Object.hasOwn(options, value);
}
