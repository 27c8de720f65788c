import { Dialog } from '@mui/material';
import type { ReactNode } from 'react';

/** Covers the app, which keeps what the user has typed, until the user has signed in again. */
export function SignInCover({ children }: { children: ReactNode }) {
  return (
    <Dialog fullScreen open transitionDuration={0} slotProps={{ paper: { 'aria-label': 'Sign in' } }}>
      {children}
    </Dialog>
  );
}
