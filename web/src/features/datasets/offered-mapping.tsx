import { Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { useMay } from '../../session/viewer.js';
import { Code } from '../../ui/code.js';
import { CreateSnapshotDialog, type NewSnapshot } from './create-snapshot-dialog.js';

/** The class mapping that resolves a finding, with a dialog that creates the snapshot again with this mapping. */
export function OfferedMapping({ snapshot }: { snapshot: NewSnapshot }) {
  const [creating, setCreating] = useState(false);
  const mayCreate = useMay('create datasets');
  return (
    <Stack spacing={1} sx={{ alignItems: 'flex-start' }}>
      <Typography variant="body2">This class mapping resolves the finding:</Typography>
      <Stack component="ul" sx={{ pl: 2.5, my: 0 }} aria-label="Suggested class mapping">
        {snapshot.classes.map(({ folder, label }) => (
          <li key={folder}>
            <Code>{folder}</Code> as {label}
          </li>
        ))}
      </Stack>
      {mayCreate && (
        <Button variant="outlined" color="inherit" onClick={() => setCreating(true)}>
          New snapshot with these labels
        </Button>
      )}
      {creating && <CreateSnapshotDialog initial={snapshot} onClose={() => setCreating(false)} />}
    </Stack>
  );
}
