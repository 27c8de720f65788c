import { Button, Menu, MenuItem } from '@mui/material';
import { useState } from 'react';
import type { PredictionFilter } from '../../graphql/graphql.js';
import { exportFormats, exportPath } from './history-search.js';

/** Downloads all predictions that meet a filter as a file. */
export function ExportButton({ filter }: { filter: PredictionFilter }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const close = () => setAnchor(null);
  return (
    <>
      <Button
        variant="outlined"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        Export
      </Button>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={close}>
        {exportFormats.map(({ format, name }) => (
          <MenuItem key={format} component="a" href={exportPath(format, filter)} download onClick={close}>
            {name}
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
