import { Box, Stack, Typography } from '@mui/material';
import { colours } from '../../../ui/colours.js';
import { cellTypeLabels, outcomeLabels } from '../../../ui/labels.js';
import { capitalised } from '../../../ui/format.js';
import { ProbabilityScale } from '../../predictions/probability-scale.js';
import { answeredCellType } from '../../reviews/answered-cell-type.js';
import { stateOf, stateText, typeOf } from './arrange-cells.js';
import { reviewedText } from './cell-tile.js';
import type { GalleryCell } from './gallery-queries.js';
import { type PointedCell, usePointedCell } from './pointed-cell.js';

interface CellDetailsProps {
  cells: ReadonlyMap<string, GalleryCell>;
  pointed: PointedCell;
  /** The cell that the keyboard is at, which is shown while the mouse points at none. */
  activeId: string | null;
  seesImages: boolean;
}

/** The probability of one cell with threshold and band, and its review: of the cell under the mouse, or else where the keyboard is. */
export function CellDetails({ cells, pointed, activeId, seesImages }: CellDetailsProps) {
  const pointedId = usePointedCell(pointed);
  const cell = cells.get(pointedId ?? activeId ?? '');
  return (
    <Box
      sx={{
        minHeight: { xs: 130, sm: 84 },
        displayPrint: 'none',
        borderTop: 1,
        borderColor: 'divider',
        pt: 1,
      }}
    >
      {cell ? (
        <Details cell={cell} seesImages={seesImages} />
      ) : (
        <Typography variant="body2" color="textSecondary">
          Point at a cell, or move to it with the arrow keys, to see its probability with the threshold.
        </Typography>
      )}
    </Box>
  );
}

function Details({ cell, seesImages }: { cell: GalleryCell; seesImages: boolean }) {
  const state = stateOf(cell);
  const type = state.kind === 'label' ? typeOf(cell) : null;
  const modelType = answeredCellType(cell.cellType);
  const answer =
    cell.outcome === 'CLASSIFIED'
      ? [capitalised(cell.label), ...(modelType ? [cellTypeLabels[modelType].toLowerCase()] : [])].join(', ')
      : outcomeLabels[cell.outcome];
  const picture = cell.field ? cell.cellImageUrl : cell.image.thumbnailUrl;
  return (
    <Stack direction="row" spacing={2} sx={{ alignItems: 'center' }}>
      {seesImages && picture && (
        <img
          src={picture}
          alt=""
          width={72}
          height={72}
          style={{
            borderRadius: 6,
            objectFit: 'cover',
            flexShrink: 0,
            background: colours.pictureBackground,
          }}
        />
      )}
      <Stack
        direction={{ xs: 'column', sm: 'row' }}
        sx={{ flex: 1, minWidth: 0, columnGap: 3, alignItems: { sm: 'center' } }}
      >
        <Box sx={{ flex: '1 1 320px', minWidth: 0, maxWidth: 480 }}>
          <ProbabilityScale prediction={cell} />
        </Box>
        <Box sx={{ flex: '1 1 200px', minWidth: 0 }}>
          <Typography variant="body2">
            <strong>{stateText(state)}</strong>
            {type && `, ${cellTypeLabels[type].toLowerCase()}`}
          </Typography>
          <Typography variant="body2" color="textSecondary" noWrap>
            Model: {answer} · {reviewedText(cell)}
          </Typography>
          {cell.fileName && (
            <Typography variant="caption" color="textSecondary" component="p" noWrap>
              {cell.fileName}
            </Typography>
          )}
        </Box>
      </Stack>
    </Stack>
  );
}
