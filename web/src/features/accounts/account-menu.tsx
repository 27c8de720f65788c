import { Divider, IconButton, ListItemText, Menu, MenuItem, Tooltip } from '@mui/material';
import { useState } from 'react';
import { useViewer } from '../../session/viewer.js';
import type { Role } from '../../graphql/graphql.js';
import { AccountIcon } from '../../ui/icons.js';
import { useSignOut } from './use-sign-out.js';

const nameOfRole: Record<Role, string> = {
  CLINICIAN: 'Clinician',
  ML_ENGINEER: 'ML engineer',
  ADMIN: 'Administrator',
  AUDITOR: 'Auditor',
};

/** Who is signed in, and the way out. */
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
            secondary={`${viewer.email} · ${viewer.roles.map((role) => nameOfRole[role]).join(', ')}`}
          />
        </MenuItem>
        <Divider />
        <MenuItem onClick={signOut}>Sign out</MenuItem>
      </Menu>
    </>
  );
}
