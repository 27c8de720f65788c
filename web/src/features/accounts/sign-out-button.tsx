import { Button } from '@mui/material';
import { SignOutDialog } from './sign-out-dialog.js';
import { useSignOut } from './use-sign-out.js';

export function SignOutButton({ viewerId }: { viewerId: string }) {
  const signOut = useSignOut(viewerId);
  return (
    <>
      <Button onClick={signOut.start}>Sign out</Button>
      <SignOutDialog signOut={signOut} />
    </>
  );
}
