import { Button } from '@mui/material';
import { SignOutDialog } from './sign-out-dialog.js';
import { useSignOut } from './use-sign-out.js';

export function SignOutButton() {
  const signOut = useSignOut();
  return (
    <>
      <Button onClick={signOut.start}>Sign out</Button>
      <SignOutDialog signOut={signOut} />
    </>
  );
}
