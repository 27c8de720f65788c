import { Button, Dialog, DialogActions, DialogContent, DialogContentText, DialogTitle } from '@mui/material';
import { useState } from 'react';
import { count } from '../../ui/format.js';

interface FinishEarlyProps {
  /** The number of cells without a decision. */
  undecided: number;
  blind: boolean;
  /** While decisions are being sent: the server would refuse them afterwards. */
  disabled: boolean;
  loading: boolean;
  onFinish: () => void;
}

/** Finishes a reading although cells are left, after a question, because that cannot be taken back. */
export function FinishEarly({ undecided, blind, disabled, loading, onFinish }: FinishEarlyProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        onClick={() => setOpen(true)}
        disabled={disabled}
        loading={loading}
        sx={{ alignSelf: 'flex-start' }}
      >
        Finish without the other cells
      </Button>
      <Dialog open={isOpen} onClose={() => setOpen(false)} aria-labelledby="finish-early">
        <DialogTitle id="finish-early">Finish without {count(undecided, 'cell')}?</DialogTitle>
        <DialogContent>
          <DialogContentText>
            A finished reading cannot be opened again, so{' '}
            {undecided === 1 ? 'this cell stays' : 'these cells stay'} undecided
            {blind ? ', and the answers of the model are shown' : ''}.
          </DialogContentText>
        </DialogContent>
        <DialogActions>
          <Button onClick={() => setOpen(false)} autoFocus>
            Cancel
          </Button>
          <Button
            variant="contained"
            onClick={() => {
              setOpen(false);
              onFinish();
            }}
          >
            Finish
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
