import { Box, Typography } from '@mui/material';
import { Fragment, type ReactNode } from 'react';

/** A list of names and values, one pair per row. Pairs without a value (null, undefined, false or an empty text) are omitted. */
export function Facts({ facts }: { facts: [name: string, value: ReactNode][] }) {
  return (
    <Box
      component="dl"
      sx={{
        display: 'grid',
        gridTemplateColumns: 'minmax(7.5rem, max-content) minmax(0, 1fr)',
        columnGap: 2,
        rowGap: 0.75,
        m: 0,
      }}
    >
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== false && value !== '')
        .map(([name, value]) => (
          <Fragment key={name}>
            <Typography component="dt" variant="body2" color="textSecondary">
              {name}
            </Typography>
            <Typography component="dd" variant="body2" sx={{ m: 0, overflowWrap: 'anywhere' }}>
              {value}
            </Typography>
          </Fragment>
        ))}
    </Box>
  );
}
