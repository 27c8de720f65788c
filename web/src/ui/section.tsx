import { Paper, Stack, Typography } from '@mui/material';
import { type ReactNode, useId } from 'react';

interface SectionProps {
  title: string;
  /** For links to the section. */
  id?: string;
  hint?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of a page with a heading. */
export function Section({ title, id, hint, actions, children }: SectionProps) {
  const headingId = useId();
  return (
    <Paper
      component="section"
      id={id}
      aria-labelledby={headingId}
      sx={{ p: { xs: 2, sm: 2.5 }, minWidth: 0 }}
    >
      <Stack
        direction="row"
        spacing={1}
        sx={{ justifyContent: 'space-between', alignItems: 'center', mb: hint ? 0.5 : 1.5 }}
      >
        <Typography variant="h2" id={headingId}>
          {title}
        </Typography>
        {actions}
      </Stack>
      {hint && (
        <Typography variant="body2" color="textSecondary" sx={{ mb: 1.5, overflowWrap: 'anywhere' }}>
          {hint}
        </Typography>
      )}
      {children}
    </Paper>
  );
}
