import { Button, IconButton, Stack, TextField, Typography } from '@mui/material';
import { AddIcon, DeleteIcon } from './icons.js';

export type Pair = [first: string, second: string];

interface PairFieldsProps {
  /** The name of the group of fields for screen readers. */
  name: string;
  /** The labels of the two fields of a pair. */
  labels: Pair;
  hint: string;
  /** The text of the button that adds a pair. */
  add: string;
  pairs: readonly Pair[];
  onChange: (pairs: Pair[]) => void;
}

/** Any number of pairs of texts, such as a folder and its label, with buttons to add and to remove one. */
export function PairFields({ name, labels, hint, add, pairs, onChange }: PairFieldsProps) {
  const [first, second] = labels;
  const change = (at: number, pair: Pair) =>
    onChange(pairs.map((before, index) => (index === at ? pair : before)));
  return (
    <Stack spacing={1.5} role="group" aria-label={name}>
      <Typography variant="body2" color="textSecondary">
        {hint}
      </Typography>
      {pairs.map(([one, other], index) => (
        <Stack key={index} direction="row" spacing={1}>
          <TextField
            label={first}
            required
            sx={{ flex: 1 }}
            value={one}
            onChange={(event) => change(index, [event.target.value, other])}
          />
          <TextField
            label={second}
            required
            sx={{ flex: 1 }}
            value={other}
            onChange={(event) => change(index, [one, event.target.value])}
          />
          <IconButton
            aria-label={`Remove ${first.toLowerCase()} ${one || index + 1}`}
            onClick={() => onChange(pairs.filter((_, at) => at !== index))}
          >
            <DeleteIcon />
          </IconButton>
        </Stack>
      ))}
      <Button
        startIcon={<AddIcon />}
        onClick={() => onChange([...pairs, ['', '']])}
        sx={{ alignSelf: 'flex-start' }}
      >
        {add}
      </Button>
    </Stack>
  );
}
