import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack, TextField } from '@mui/material';
import { type ReactNode, type SubmitEvent, useId, useState } from 'react';
import { DialogForm } from '../../ui/dialog-form.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';

interface ReasonDialogProps {
  title: string;
  /** What will happen, and what else is to be chosen. */
  children: ReactNode;
  /** What the words are for, under the field. */
  hint: string;
  label?: string;
  action: string;
  color?: 'primary' | 'error';
  loading: boolean;
  error: Error | undefined;
  userErrors: readonly { message: string }[] | undefined;
  onSubmit: (reason: string) => void;
  onClose: () => void;
}

/** Asks for the words that a change of who answers is recorded with, and shows why it was refused. */
export function ReasonDialog({
  title,
  children,
  hint,
  label = 'Reason',
  action,
  color = 'primary',
  loading,
  error,
  userErrors,
  onSubmit,
  onClose,
}: ReasonDialogProps) {
  const titleId = useId();
  const [reason, setReason] = useState('');
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit(reason.trim());
  };
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby={titleId}>
      <DialogForm onSubmit={submit}>
        <DialogTitle id={titleId}>{title}</DialogTitle>
        <DialogContent>
          <Stack spacing={2}>
            {children}
            <TextField
              label={label}
              required
              autoFocus
              multiline
              minRows={2}
              helperText={hint}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <UserErrors errors={userErrors} />
            {error && <Problem error={error} />}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" color={color} loading={loading}>
            {action}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
