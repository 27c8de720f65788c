import { Link, Typography } from '@mui/material';
import { AccountPage } from './account-page.js';

/** Shown in a window that was opened only to sign in, if the browser does not let it close itself. */
export function SignedInAgain() {
  return (
    <AccountPage title="You have signed in">
      <Typography sx={{ my: 2 }}>
        Close this window. The page from which you opened it has continued.
      </Typography>
      <Link href={document.baseURI}>Open Cytograph in this window</Link>
    </AccountPage>
  );
}
