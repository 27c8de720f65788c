import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack } from '@mui/material';
import { Facts } from '../../ui/facts.js';
import { type Choice, Key } from '../../ui/keys.js';

interface KeysDialogProps {
  /** In columns. */
  choices: readonly (readonly Choice[])[];
  onClose: () => void;
}

/** Lists what each key does. */
export function KeysDialog({ choices, onClose }: KeysDialogProps) {
  return (
    <Dialog open onClose={onClose} maxWidth="md" aria-labelledby="keys-title">
      <DialogTitle id="keys-title">Keys</DialogTitle>
      <DialogContent tabIndex={0}>
        <Stack direction={{ xs: 'column', sm: 'row' }} spacing={4}>
          {choices.map((column) => (
            <Facts
              key={column[0]?.key}
              facts={column.map(({ name, key }) => [name, <Key key={key} of={key} />])}
            />
          ))}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose} autoFocus>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  );
}
