import { Divider, ListItemText, Menu, MenuItem } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import { useViewer } from '../../session/viewer.js';
import { roleLabels } from '../../ui/labels.js';
import { useColourSchemeItems } from './colour-scheme-items.js';
import { SignOutDialog } from './sign-out-dialog.js';
import { useSignOut } from './use-sign-out.js';

interface AccountMenuItemsProps {
  /** The button that opened the menu; null while it is closed. */
  anchor: HTMLElement | null;
  onClose: () => void;
}

/** The signed-in user's name, e-mail and roles, the colours of the app, and the sign-out command. */
export function AccountMenuItems({ anchor, onClose }: AccountMenuItemsProps) {
  const viewer = useViewer();
  const signOut = useSignOut(viewer.id);
  const colourSchemes = useColourSchemeItems();
  return (
    <>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={onClose}>
        <MenuItem disabled sx={{ '&.Mui-disabled': { opacity: 1 } }}>
          <ListItemText
            primary={viewer.displayName}
            secondary={`${viewer.email} · ${viewer.roles.map((role) => roleLabels[role]).join(', ')}`}
          />
        </MenuItem>
        <Divider />
        <MenuItem component={RouterLink} to="/account" onClick={onClose}>
          My account
        </MenuItem>
        <Divider />
        {colourSchemes}
        <Divider />
        <MenuItem
          onClick={() => {
            onClose();
            signOut.start();
          }}
        >
          Sign out
        </MenuItem>
      </Menu>
      <SignOutDialog signOut={signOut} />
    </>
  );
}
