import { Box, Paper, Stack, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { colours } from '../../ui/colours.js';

interface AccountPageProps {
  title: string;
  children: ReactNode;
}

/** The layout of the pages outside the app: sign-in and password change. */
export function AccountPage({ title, children }: AccountPageProps) {
  return (
    <Box
      component="main"
      sx={{
        minHeight: '100dvh',
        display: 'grid',
        placeItems: 'center',
        p: 2,
        background: `radial-gradient(circle at 70% 20%, ${colours.selectedBackground} 0, transparent 45%)`,
      }}
    >
      <title>{`${title} · Cytograph`}</title>
      <Box sx={{ width: '100%', maxWidth: 420 }}>
        <Stack direction="row" spacing={1.5} sx={{ alignItems: 'center', mb: 2 }}>
          <img src="icon.svg" width={44} height={44} alt="" />
          <Box>
            <Typography sx={{ fontWeight: 700, fontSize: '1.3rem', lineHeight: 1.2 }}>Cytograph</Typography>
            <Typography variant="body2" color="textSecondary">
              Leukaemia screening from images of white blood cells
            </Typography>
          </Box>
        </Stack>
        <Paper sx={{ p: { xs: 2.5, sm: 3.5 } }}>
          <Typography variant="h1" gutterBottom>
            {title}
          </Typography>
          {children}
        </Paper>
        <Typography variant="caption" color="textSecondary" component="p" sx={{ mt: 2 }}>
          Decision support for research and development, not a medical device.
        </Typography>
      </Box>
    </Box>
  );
}
