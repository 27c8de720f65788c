import { ListItemIcon, ListItemText, Menu, MenuItem } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { NavigationItem } from './narrow-navigation.js';

interface MoreMenuProps {
  items: readonly NavigationItem[];
  /** The path of the selected item. */
  current: string | null;
  /** The button that opened the menu. */
  anchor: HTMLElement;
  onClose: () => void;
}

/** The items of the navigation for which a narrow screen has no room. */
export function MoreMenu({ items, current, anchor, onClose }: MoreMenuProps) {
  return (
    <Menu anchorEl={anchor} open onClose={onClose}>
      {items.map(({ path, name, icon }) => (
        <MenuItem
          key={path}
          component={RouterLink}
          to={path}
          selected={path === current}
          aria-current={path === current ? 'page' : undefined}
          onClick={onClose}
        >
          <ListItemIcon>{icon}</ListItemIcon>
          <ListItemText>{name}</ListItemText>
        </MenuItem>
      ))}
    </Menu>
  );
}
