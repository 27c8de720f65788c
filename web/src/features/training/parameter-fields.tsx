import { Button, IconButton, Stack, TextField, Typography } from '@mui/material';
import type { ParameterInput } from '../../graphql/graphql.js';
import { AddIcon, DeleteIcon } from '../../ui/icons.js';

interface ParameterFieldsProps {
  parameters: ParameterInput[];
  onChange: (parameters: ParameterInput[]) => void;
}

/** Fields for training parameters with a value other than the default. */
export function ParameterFields({ parameters, onChange }: ParameterFieldsProps) {
  const change = (at: number, part: Partial<ParameterInput>) =>
    onChange(parameters.map((parameter, index) => (index === at ? { ...parameter, ...part } : parameter)));
  return (
    <Stack spacing={1.5} role="group" aria-label="Parameters">
      <Typography variant="body2" color="textSecondary">
        Training parameters not listed here have their default values.
      </Typography>
      {parameters.map((parameter, index) => (
        <Stack key={index} direction="row" spacing={1}>
          <TextField
            label="Parameter"
            required
            sx={{ flex: 1 }}
            value={parameter.name}
            onChange={(event) => change(index, { name: event.target.value })}
          />
          <TextField
            label="Value"
            required
            sx={{ flex: 1 }}
            value={parameter.value}
            onChange={(event) => change(index, { value: event.target.value })}
          />
          <IconButton
            aria-label={`Remove parameter ${parameter.name || index + 1}`}
            onClick={() => onChange(parameters.filter((_, other) => other !== index))}
          >
            <DeleteIcon />
          </IconButton>
        </Stack>
      ))}
      <Button
        startIcon={<AddIcon />}
        onClick={() => onChange([...parameters, { name: '', value: '' }])}
        sx={{ alignSelf: 'flex-start' }}
      >
        Add parameter
      </Button>
    </Stack>
  );
}
