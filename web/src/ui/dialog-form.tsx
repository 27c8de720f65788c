import { Box } from '@mui/material';
import type { ReactNode, SubmitEvent } from 'react';

interface DialogFormProps {
  onSubmit: (event: SubmitEvent) => void;
  children: ReactNode;
}

/** The form in a dialog: where it is longer than the window its content scrolls, and its buttons stay in sight. */
export function DialogForm({ onSubmit, children }: DialogFormProps) {
  return (
    <Box component="form" onSubmit={onSubmit} sx={{ display: 'flex', flexDirection: 'column', minHeight: 0 }}>
      {children}
    </Box>
  );
}
