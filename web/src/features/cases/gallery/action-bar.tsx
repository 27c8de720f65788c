import { Button, Paper, Stack, Typography } from '@mui/material';
import { capitalised, count } from '../../../ui/format.js';
import { verdictLabels } from '../../../ui/labels.js';
import type { GalleryCell } from './gallery-queries.js';
import { commonLabels, type ReviewChoice } from './review-choice.js';

interface ActionBarProps {
  cells: readonly GalleryCell[];
  mayReview: boolean;
  onReview: (choice: ReviewChoice) => void;
  onChooseType: () => void;
  onOpen: (id: string) => void;
  onClear: () => void;
}

const verdicts = ['NOT_A_CELL', 'CANNOT_TELL'] as const;

/** What can be done with the selected cells, at the lower edge of the window. */
export function ActionBar({ cells, mayReview, onReview, onChooseType, onOpen, onClear }: ActionBarProps) {
  const [only, ...others] = cells;
  if (!only) return null;
  const labels = commonLabels(cells);
  const canConfirm = cells.some(({ outcome }) => outcome === 'CLASSIFIED');
  return (
    <Paper
      role="toolbar"
      aria-label="Selected cells"
      elevation={6}
      sx={{ position: 'sticky', bottom: { xs: 64, md: 8 }, zIndex: 2, p: 1, mt: 1 }}
    >
      <Stack
        direction="row"
        spacing={1}
        sx={{ alignItems: 'center', overflowX: 'auto', '& > *': { flexShrink: 0 } }}
      >
        <Typography variant="body2" aria-live="polite" sx={{ fontWeight: 600 }}>
          {count(cells.length, 'cell')}
        </Typography>
        {mayReview && (
          <>
            {canConfirm && (
              <Button size="small" variant="contained" onClick={() => onReview({ kind: 'confirm' })}>
                Confirm
              </Button>
            )}
            {labels.map((label) => (
              <Button
                key={label}
                size="small"
                variant="outlined"
                onClick={() => onReview({ kind: 'label', label })}
              >
                {capitalised(label)}
              </Button>
            ))}
            <Button size="small" variant="outlined" onClick={onChooseType}>
              Cell type …
            </Button>
            {verdicts.map((kind) => (
              <Button key={kind} size="small" variant="outlined" onClick={() => onReview({ kind })}>
                {verdictLabels[kind]}
              </Button>
            ))}
          </>
        )}
        {others.length === 0 && (
          <Button size="small" onClick={() => onOpen(only.id)}>
            Open
          </Button>
        )}
        <Button size="small" onClick={onClear}>
          Select none
        </Button>
      </Stack>
      {mayReview && labels.length === 0 && (
        <Typography variant="body2" color="textSecondary">
          These cells were classified by models with different labels. Select cells of one model to give a
          label.
        </Typography>
      )}
    </Paper>
  );
}
