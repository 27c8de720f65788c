import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableRow,
} from '@mui/material';
import { capitalised } from '../../../ui/format.js';

interface KeyTableProps {
  /** In the order of the number keys. */
  labels: readonly string[];
  mayReview: boolean;
  onClose: () => void;
}

/** All keys of the gallery. */
export function KeyTable({ labels, mayReview, onClose }: KeyTableProps) {
  const moving = [
    ['Arrow keys', 'Go to another cell and select it'],
    ['Shift + arrow keys', 'Select from there to here'],
    ['Ctrl + arrow keys', 'Go to another cell and keep the selection'],
    ['Space', 'Select the cell or leave it out'],
    ['Ctrl + A', 'Select all cells of the group'],
    ['Escape', 'Select nothing'],
    ['Enter', 'Open the prediction'],
  ];
  const reviewing = [
    ...labels.slice(0, 9).map((label, index) => [String(index + 1), capitalised(label)]),
    ['C', 'Confirm the model’s label and cell type'],
    ['T', 'Choose a cell type'],
    ['X', 'Not a cell'],
    ['U', 'Cannot tell'],
    ['Ctrl + Z', 'Undo the last reviews'],
  ];
  return (
    <Dialog open onClose={onClose} aria-labelledby="gallery-keys">
      <DialogTitle id="gallery-keys">Keys of the gallery</DialogTitle>
      <DialogContent tabIndex={0}>
        <Table size="small">
          <TableHead>
            <TableRow>
              <TableCell>Key</TableCell>
              <TableCell>What it does with the selected cells</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {[...moving, ...(mayReview ? reviewing : []), ['?', 'Show these keys']].map(([key, text]) => (
              <TableRow key={key}>
                <TableCell component="th" scope="row">
                  <kbd>{key}</kbd>
                </TableCell>
                <TableCell>{text}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
