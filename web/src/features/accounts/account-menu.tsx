import { Divider, IconButton, ListItemText, Menu, MenuItem, Tooltip } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { useViewer } from '../../session/viewer.js';
import { AccountIcon } from '../../ui/icons.js';
import { roleLabels } from '../../ui/labels.js';
import { useSignOut } from './use-sign-out.js';

/** The signed-in user's name, e-mail and roles, and the sign-out command. */
export function AccountMenu() {
  const viewer = useViewer();
  const signOut = useSignOut();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <Tooltip title="Account">
        <IconButton
          color="inherit"
          aria-label={`Account of ${viewer.displayName}`}
          aria-haspopup="menu"
          onClick={(event) => setAnchor(event.currentTarget)}
        >
          <AccountIcon />
        </IconButton>
      </Tooltip>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        <MenuItem disabled sx={{ '&.Mui-disabled': { opacity: 1 } }}>
          <ListItemText
            primary={viewer.displayName}
            secondary={`${viewer.email} · ${viewer.roles.map((role) => roleLabels[role]).join(', ')}`}
          />
        </MenuItem>
        <Divider />
        <MenuItem component={RouterLink} to="/account" onClick={() => setAnchor(null)}>
          My account
        </MenuItem>
        <MenuItem onClick={signOut}>Sign out</MenuItem>
      </Menu>
    </>
  );
}
