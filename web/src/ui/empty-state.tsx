import { Paper, Typography } from '@mui/material';
import type { ReactNode } from 'react';

/** Shown in place of an empty list or a missing page: the reason and what to do next. */
export function EmptyState({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper sx={{ p: 4, textAlign: 'center', borderStyle: 'dashed' }}>
      <Typography variant="h2" gutterBottom>
        {title}
      </Typography>
      <Typography component="div" color="textSecondary" sx={{ maxWidth: 560, mx: 'auto' }}>
        {children}
      </Typography>
    </Paper>
  );
}
