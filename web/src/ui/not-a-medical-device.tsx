import { Typography } from '@mui/material';

/** The disclaimer shown with every result. */
export function NotAMedicalDevice() {
  return (
    <Typography variant="caption" color="textSecondary" component="p" sx={{ mt: 2 }}>
      Decision support for research and development, not a medical device.
    </Typography>
  );
}
