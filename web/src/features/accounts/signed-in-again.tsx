import { Typography } from '@mui/material';
import { AccountPage } from './account-page.js';

/** Shown after signing in again in a window that was opened for it, if the browser does not let the window close itself. */
export function SignedInAgain() {
  return (
    <AccountPage title="You have signed in again">
      <Typography sx={{ mt: 2 }}>
        Close this window. The page from which you opened it has continued.
      </Typography>
    </AccountPage>
  );
}
