import { Typography } from '@mui/material';
import type { AnswerFragment } from '../../graphql/graphql.js';
import { cellTypeText } from './explain.js';

/** The cell type of a prediction with its probability; nothing if none is named. */
export function CellTypeLine({ prediction }: { prediction: Pick<AnswerFragment, 'cellType' | 'cellTypes'> }) {
  const text = cellTypeText(prediction);
  return text && <Typography variant="body2">{text}</Typography>;
}
