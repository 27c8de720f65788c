import { Box } from '@mui/material';
import type { ReactNode } from 'react';

/** A digest, id, URL or key in a monospaced font. */
export function Code({ children }: { children: ReactNode }) {
  return (
    <Box component="code" sx={{ fontSize: '0.85em', overflowWrap: 'anywhere' }}>
      {children}
    </Box>
  );
}
