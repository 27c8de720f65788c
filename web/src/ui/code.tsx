import { Box } from '@mui/material';
import type { ReactNode } from 'react';

/** A digest, id, address or key, in type that tells its letters apart. */
export function Code({ children }: { children: ReactNode }) {
  return (
    <Box component="code" sx={{ fontSize: '0.85em', overflowWrap: 'anywhere' }}>
      {children}
    </Box>
  );
}
