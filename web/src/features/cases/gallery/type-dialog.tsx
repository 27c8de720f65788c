import { Dialog, DialogTitle, MenuItem, MenuList } from '@mui/material';
import type { CellType } from '../../../graphql/graphql.js';
import { count } from '../../../ui/format.js';
import { cellTypeLabels } from '../../../ui/labels.js';
import { isCellType } from '../../reviews/answered-cell-type.js';

interface TypeDialogProps {
  /** The number of cells that get the type. */
  cellCount: number;
  onChoose: (cellType: CellType) => void;
  onClose: () => void;
}

const types = Object.keys(cellTypeLabels).filter(isCellType);

/** Asks for a cell type. Typing the beginning of a name goes to it. */
export function TypeDialog({ cellCount, onChoose, onClose }: TypeDialogProps) {
  return (
    <Dialog open onClose={onClose} aria-labelledby="gallery-type">
      <DialogTitle id="gallery-type">Cell type of {count(cellCount, 'cell')}</DialogTitle>
      <MenuList autoFocusItem dense aria-labelledby="gallery-type" sx={{ overflowY: 'auto', px: 1, pb: 2 }}>
        {types.map((type) => (
          <MenuItem key={type} onClick={() => onChoose(type)}>
            {cellTypeLabels[type]}
          </MenuItem>
        ))}
      </MenuList>
    </Dialog>
  );
}
