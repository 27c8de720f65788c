import { Typography } from '@mui/material';
import { cellTypeText, type ShownAnswer } from './explain.js';

/** The cell type of a prediction with its probability; nothing if none is named. */
export function CellTypeLine({ prediction }: { prediction: Pick<ShownAnswer, 'cellType' | 'cellTypes'> }) {
  const text = cellTypeText(prediction);
  return text && <Typography variant="body2">{text}</Typography>;
}
