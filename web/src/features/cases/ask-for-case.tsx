import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack, Typography } from '@mui/material';
import { type SubmitEvent, useId, useState } from 'react';
import { choiceOf, type ChosenCase } from '../../session/chosen-case.js';
import { CaseField } from './case-field.js';

interface AskForCaseProps {
  onChoice: (choice: NonNullable<ChosenCase>) => void;
  onClose: () => void;
}

/** Asks which case images belong to. */
export function AskForCase({ onChoice, onClose }: AskForCaseProps) {
  const titleId = useId();
  const [reference, setReference] = useState('');
  const choice = choiceOf(reference);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    event.stopPropagation(); // the dialog may be inside another form
    if (choice) onChoice(choice);
  };
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="xs" aria-labelledby={titleId}>
      <form onSubmit={submit}>
        <DialogTitle id={titleId}>Which case do these images belong to?</DialogTitle>
        <DialogContent>
          <Stack spacing={2} sx={{ pt: 1 }}>
            <CaseField value={reference} onChange={setReference} autoFocus />
            <Typography variant="body2" color="textSecondary">
              Your choice applies to further images too, until you close the case or choose another.
            </Typography>
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button onClick={() => onChoice({ kind: 'no case' })}>No case</Button>
          <Button type="submit" variant="contained" disabled={choice === null}>
            Use this case
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
