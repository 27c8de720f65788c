import { Button, Menu, MenuItem } from '@mui/material';
import { useState } from 'react';
import { exportFormats, exportPath } from './history-search.js';

/** Downloads all predictions that match the filters in the URL, on every page of the list. */
export function ExportButton({ search }: { search: URLSearchParams }) {
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
          <MenuItem key={format} component="a" href={exportPath(format, search)} download onClick={close}>
            {name}
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
