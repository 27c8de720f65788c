import { Box, MenuItem, Stack, TextField, Typography, useMediaQuery, useTheme } from '@mui/material';
import type { CellType } from '../../graphql/graphql.js';
import { type Choice, KeyButton } from '../../ui/keys.js';
import { cellTypeLabels } from '../../ui/labels.js';
import { isCellType } from '../reviews/answered-cell-type.js';

interface CellTypeKeysProps {
  chosen: CellType | null;
  /** One for each cell type, in the order of {@link cellTypeLabels}. */
  choices: readonly Choice[];
  onChange: (type: CellType | null) => void;
}

/** The cell types with their keys, or a list to choose from on narrow screens. */
export function CellTypeKeys({ chosen, choices, onChange }: CellTypeKeysProps) {
  const isWide = useMediaQuery(useTheme().breakpoints.up('md'));
  if (!isWide) {
    return (
      <TextField
        select
        label="Cell type (optional)"
        value={chosen ?? ''}
        onChange={({ target: { value } }) => onChange(isCellType(value) ? value : null)}
        slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
      >
        <MenuItem value="">Not stated</MenuItem>
        {Object.entries(cellTypeLabels).map(([type, name]) => (
          <MenuItem key={type} value={type}>
            {name}
          </MenuItem>
        ))}
      </TextField>
    );
  }
  return (
    <Stack spacing={0.5} role="group" aria-label="Cell type (optional)">
      <Typography variant="body2" color="textSecondary">
        Cell type (optional): {chosen === null ? 'not stated' : cellTypeLabels[chosen].toLowerCase()}
      </Typography>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 0.5 }}>
        {choices.map((choice) => {
          const isChosen = chosen !== null && choice.name === cellTypeLabels[chosen];
          return (
            <KeyButton
              key={choice.key}
              choice={choice}
              size="small"
              variant={isChosen ? 'contained' : 'outlined'}
              color={isChosen ? 'primary' : 'inherit'}
              aria-pressed={isChosen}
              sx={{ py: 0, px: 1, fontSize: '0.75rem', fontWeight: 400 }}
            />
          );
        })}
      </Box>
    </Stack>
  );
}
