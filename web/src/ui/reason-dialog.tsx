import { TextField } from '@mui/material';
import { useState } from 'react';
import { FormDialog, type FormDialogProps } from './form-dialog.js';

interface ReasonDialogProps extends Omit<FormDialogProps, 'onSubmit'> {
  /** The label of the text field. Default: 'Reason'. */
  label?: string;
  /** The helper text of the text field, such as where the reason is stored. */
  hint: string;
  onSubmit: (reason: string) => void;
}

/** A dialog that asks for the reason of an action. `children` explain the action and contain any further fields. */
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
