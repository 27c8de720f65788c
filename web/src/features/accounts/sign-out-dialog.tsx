import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogContentText,
  DialogTitle,
  Stack,
} from '@mui/material';
import { useId } from 'react';
import { count } from '../../ui/format.js';
import type { UnsavedWork } from '../../session/unsaved-work.js';
import { Problem } from '../../ui/problem.js';
import type { Leaving } from './use-sign-out.js';

/** Says what is only in this browser before the user signs out, because it is deleted then; and why a user could not sign out. */
export function SignOutDialog({ signOut }: { signOut: Leaving }) {
  const titleId = useId();
  const { toDelete, problem, confirm, cancel } = signOut;
  if (problem !== null) return <NotSignedOut {...{ problem, confirm, cancel }} />;
  if (toDelete === null) return null;
  const { images, work } = toDelete;
  return (
    <Dialog open onClose={cancel} aria-labelledby={titleId}>
      <DialogTitle id={titleId}>
        {images > 0 ? `Delete ${count(images, 'image')} from this device?` : 'Sign out without saving?'}
      </DialogTitle>
      <DialogContent>
        <Stack spacing={2}>
          {images > 0 && (
            <DialogContentText>
              {count(images, 'image')} on this device {images === 1 ? 'is' : 'are'} not uploaded. Signing out
              deletes {images === 1 ? 'it' : 'them'} with the answers. To keep them, upload them on the page
              Classify first.
            </DialogContentText>
          )}
          {work.map((kind) => (
            <DialogContentText key={kind}>{unsavedTexts[kind]}</DialogContentText>
          ))}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={cancel}>Cancel</Button>
        <Button color="error" variant="contained" onClick={confirm}>
          {images > 0 ? 'Delete and sign out' : 'Sign out without saving'}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

const unsavedTexts = {
  reviews:
    'Reviews that you made in the gallery of a case are not saved, because the server did not answer. To keep them, open the case and send them again.',
  report:
    'A report that you wrote is not saved, because the server did not answer. To keep the text, open the report again.',
} satisfies Record<UnsavedWork, string>;

function NotSignedOut({ problem, confirm, cancel }: Pick<Leaving, 'problem' | 'confirm' | 'cancel'>) {
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
