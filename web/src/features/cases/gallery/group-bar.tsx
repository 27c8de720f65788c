import { Button, Stack } from '@mui/material';
import { useState } from 'react';
import { colours } from '../../../ui/colours.js';
import type { CellGroup } from './arrange-cells.js';

interface GroupBarProps {
  groups: readonly CellGroup[];
  mayReview: boolean;
  onGoTo: (group: CellGroup) => void;
  onDropOn: (group: CellGroup) => void;
}

/** All groups with their numbers of cells: a click goes to the group, and cells can be dropped on it, however far away it is. */
export function GroupBar({ groups, mayReview, onGoTo, onDropOn }: GroupBarProps) {
  const [over, setOver] = useState<string | null>(null);
  return (
    <Stack
      direction="row"
      role="group"
      aria-label="Groups"
      sx={{ flexWrap: 'wrap', gap: 0.75 }}
      onDragLeave={() => setOver(null)}
    >
      {groups.map((group) => (
        <Button
          key={group.key}
          size="small"
          variant="outlined"
          color="inherit"
          onClick={() => onGoTo(group)}
          onDragOver={(event) => {
            if (!mayReview || !group.choice) return;
            event.preventDefault();
            setOver(group.key);
          }}
          onDrop={(event) => {
            event.preventDefault();
            setOver(null);
            onDropOn(group);
          }}
          sx={{
            ...(over === group.key && { bgcolor: colours.selectedBackground, borderColor: 'primary.main' }),
            ...(mayReview && group.choice ? {} : { borderStyle: 'dotted' }),
          }}
        >
          {group.title} {group.cells.length.toLocaleString()}
        </Button>
      ))}
    </Stack>
  );
}
