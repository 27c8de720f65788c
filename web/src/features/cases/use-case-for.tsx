import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack, Typography } from '@mui/material';
import { type ReactNode, type SubmitEvent, useId, useState } from 'react';
import { choiceOf, type ChosenCase, referenceOf, useChosenCase } from '../../session/chosen-case.js';
import { CaseField } from './case-field.js';

/**
 * Makes sure that the user has decided for a case, or for none, before images are sent. Returns a function that calls `send` with the
 * reference of the chosen case, after asking if there is no choice yet, and the dialog that asks.
 */
export function useCaseFor<Images>(
  send: (images: Images, caseReference: string | null) => void,
): [(images: Images) => void, ReactNode] {
  const [chosen, choose] = useChosenCase();
  const [waiting, setWaiting] = useState<{ images: Images } | null>(null);
  const start = (images: Images) => {
    if (chosen) send(images, referenceOf(chosen));
    else setWaiting({ images });
  };
  const dialog = waiting && (
    <AskForCase
      onChoice={(choice) => {
        choose(choice);
        setWaiting(null);
        send(waiting.images, referenceOf(choice));
      }}
      onClose={() => setWaiting(null)}
    />
  );
  return [start, dialog];
}

interface AskForCaseProps {
  onChoice: (choice: NonNullable<ChosenCase>) => void;
  onClose: () => void;
}

function AskForCase({ onChoice, onClose }: AskForCaseProps) {
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
