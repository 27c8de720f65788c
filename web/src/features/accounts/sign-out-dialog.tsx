import { Button, Dialog, DialogActions, DialogContent, DialogContentText, DialogTitle } from '@mui/material';
import { useId } from 'react';
import { count } from '../../ui/format.js';
import { Problem } from '../../ui/problem.js';
import type { SignOut } from './use-sign-out.js';

/** Says how many images are only on this device before the user signs out, because they are deleted then; and why a user could not sign out. */
export function SignOutDialog({ signOut }: { signOut: SignOut }) {
  const titleId = useId();
  const { imagesToDelete, problem, confirm, cancel } = signOut;
  if (problem !== null) return <NotSignedOut {...{ problem, confirm, cancel }} />;
  if (imagesToDelete === 0) return null;
  const images = count(imagesToDelete, 'image');
  return (
    <Dialog open onClose={cancel} aria-labelledby={titleId}>
      <DialogTitle id={titleId}>Delete {images} from this device?</DialogTitle>
      <DialogContent>
        <DialogContentText>
          {images} on this device {imagesToDelete === 1 ? 'is' : 'are'} not uploaded. Signing out deletes{' '}
          {imagesToDelete === 1 ? 'it' : 'them'} with the answers. To keep them, upload them on the page
          Classify first.
        </DialogContentText>
      </DialogContent>
      <DialogActions>
        <Button onClick={cancel}>Cancel</Button>
        <Button color="error" variant="contained" onClick={confirm}>
          Delete and sign out
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function NotSignedOut({ problem, confirm, cancel }: Pick<SignOut, 'problem' | 'confirm' | 'cancel'>) {
  const titleId = useId();
  return (
    <Dialog open onClose={cancel} aria-labelledby={titleId}>
      <DialogTitle id={titleId}>You are still signed in</DialogTitle>
      <DialogContent>
        <DialogContentText sx={{ mb: 2 }}>
          Only the server can end your session. Nothing was deleted from this device.
        </DialogContentText>
        <Problem error={problem} retry={confirm} />
      </DialogContent>
      <DialogActions>
        <Button onClick={cancel}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
