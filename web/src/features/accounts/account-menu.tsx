import { IconButton } from '@mui/material';
import { lazy, Suspense, useState } from 'react';
import { useViewer } from '../../session/viewer.js';
import { AccountIcon } from '../../ui/icons.js';

// Loaded when it is opened first, like the menu's own parts of MUI.
const AccountMenuItems = lazy(async () => ({
  default: (await import('./account-menu-items.js')).AccountMenuItems,
}));

/** Opens the menu of the signed-in user. */
export function AccountMenu() {
  const viewer = useViewer();
  const [wasOpened, setWasOpened] = useState(false);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <IconButton
        title="Account"
        color="inherit"
        aria-label={`Account of ${viewer.displayName}`}
        aria-haspopup="menu"
        onClick={(event) => {
          setWasOpened(true);
          setAnchor(event.currentTarget);
        }}
      >
        <AccountIcon />
      </IconButton>
      {wasOpened && (
        <Suspense>
          <AccountMenuItems anchor={anchor} onClose={() => setAnchor(null)} />
        </Suspense>
      )}
    </>
  );
}
