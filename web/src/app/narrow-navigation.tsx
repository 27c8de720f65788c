import { BottomNavigation, BottomNavigationAction, Paper } from '@mui/material';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { MoreIcon } from '../ui/icons.js';

// Loaded when it is opened first, with MUI's parts for menus.
const MoreMenu = lazy(async () => ({ default: (await import('./more-menu.js')).MoreMenu }));

export interface NavigationItem {
  name: string;
  path: string;
  /** Other paths for which this item is selected. */
  otherPaths?: string[];
  icon: ReactNode;
}

/** The buttons that fit on a phone with readable names. */
const MOST_BUTTONS = 5;

interface NarrowNavigationProps {
  items: readonly NavigationItem[];
  /** The path of the selected item; null on a page outside the navigation. */
  current: string | null;
}

/** The navigation of narrow screens, at the bottom. Items for which there is no room are in a menu. */
export function NarrowNavigation({ items, current }: NarrowNavigationProps) {
  const fitting = items.length <= MOST_BUTTONS ? items : items.slice(0, MOST_BUTTONS - 1);
  const others = items.slice(fitting.length);
  const isOther = others.some(({ path }) => path === current);
  return (
    <Paper
      component="nav"
      aria-label="Main"
      square
      sx={{
        display: { xs: 'block', md: 'none' },
        position: 'fixed',
        bottom: 0,
        insetInline: 0,
        zIndex: 1100,
      }}
    >
      <BottomNavigation value={isOther ? MORE : current} showLabels>
        {fitting.map((item) => (
          <BottomNavigationAction
            key={item.path}
            component={RouterLink}
            to={item.path}
            value={item.path}
            aria-current={item.path === current ? 'page' : undefined}
            label={item.name}
            icon={item.icon}
            sx={buttonStyle}
          />
        ))}
        {others.length > 0 && <MoreButton value={MORE} showLabel items={others} current={current} />}
      </BottomNavigation>
    </Paper>
  );
}

const MORE = 'more';
const buttonStyle = { minWidth: 0, px: 0.5 };

interface MoreButtonProps extends NarrowNavigationProps {
  // The navigation adds these to its buttons.
  value: string;
  showLabel: boolean;
  selected?: boolean;
}

/** A button that opens a menu of the other items. */
function MoreButton({ items, current, ...button }: MoreButtonProps) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <BottomNavigationAction
        {...button}
        label="More"
        icon={<MoreIcon />}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={({ currentTarget }) => setAnchor(currentTarget)}
        sx={buttonStyle}
      />
      {anchor && (
        <Suspense>
          <MoreMenu anchor={anchor} items={items} current={current} onClose={() => setAnchor(null)} />
        </Suspense>
      )}
    </>
  );
}
