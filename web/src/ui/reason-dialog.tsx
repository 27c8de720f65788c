import { TextField } from '@mui/material';
import { useState } from 'react';
import { FormDialog, type FormDialogProps } from './form-dialog.js';

interface ReasonDialogProps extends Omit<FormDialogProps, 'onSubmit' | 'disabled'> {
  /** The label of the text field. Default: 'Reason'. */
  label?: string;
  /** What the reason is kept for, shown below the text field. */
  hint: string;
  onSubmit: (reason: string) => void;
}

/** Asks for the reason that a change is recorded with; `children` say what will change, and hold any other choice. */
export function ReasonDialog({ label = 'Reason', hint, onSubmit, children, ...dialog }: ReasonDialogProps) {
  const [reason, setReason] = useState('');
  return (
    <FormDialog {...dialog} onSubmit={() => onSubmit(reason.trim())}>
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
    </FormDialog>
  );
}
