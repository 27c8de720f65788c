import { ListItemIcon, ListSubheader, MenuItem } from '@mui/material';
import { useColorScheme } from '@mui/material/styles';
import { CheckIcon } from '../../ui/icons.js';

const modes = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

/** Items of a menu that choose the colours of the app on this device. */
export function useColourSchemeItems() {
  const { mode = 'system', setMode } = useColorScheme();
  return [
    <ListSubheader key="colours" role="presentation" sx={{ lineHeight: 2.25 }}>
      Colours on this device
    </ListSubheader>,
    ...modes.map(([value, name]) => (
      <MenuItem
        key={value}
        role="menuitemradio"
        aria-checked={mode === value}
        dense
        onClick={() => setMode(value)}
      >
        <ListItemIcon>{mode === value && <CheckIcon fontSize="small" />}</ListItemIcon>
        {name}
      </MenuItem>
    )),
  ];
}
