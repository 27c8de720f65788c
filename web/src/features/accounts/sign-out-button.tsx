import { Button } from '@mui/material';
import { useSignOut } from './use-sign-out.js';

export function SignOutButton() {
  const signOut = useSignOut();
  return <Button onClick={signOut}>Sign out</Button>;
}
