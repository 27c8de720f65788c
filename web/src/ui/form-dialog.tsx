import { Box, Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack } from '@mui/material';
import { type ReactNode, type SubmitEvent, useId } from 'react';
import { Problem } from './problem.js';
import { UserErrors } from './user-errors.js';

export interface FormDialogProps {
  title: string;
  /** The text of the button that submits the form. */
  action: string;
  color?: 'primary' | 'error';
  /** True while the form cannot be submitted because something is missing. */
  disabled?: boolean;
  /** The state of the mutation that the form runs, as `useMutation` returns it. */
  mutation: { loading: boolean; error?: unknown };
  /** What the server refused, and what would be right. */
  userErrors: readonly { message: string }[] | undefined;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/**
 * A form in a dialog that runs one mutation, with the errors of that mutation below its fields. A form longer than the
 * window scrolls, and its buttons stay in sight.
 */
export function FormDialog({
  title,
  action,
  color = 'primary',
  disabled = false,
  mutation: { loading, error },
  userErrors,
  onSubmit,
  onClose,
  children,
}: FormDialogProps) {
  const titleId = useId();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby={titleId}>
      <Box component="form" onSubmit={submit} sx={{ display: 'flex', flexDirection: 'column', minHeight: 0 }}>
        <DialogTitle id={titleId}>{title}</DialogTitle>
        <DialogContent>
          <Stack spacing={2} sx={{ pt: 1 }}>
            {children}
            <UserErrors errors={userErrors} />
            {Boolean(error) && <Problem error={error} />}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" color={color} loading={loading} disabled={disabled}>
            {action}
          </Button>
        </DialogActions>
      </Box>
    </Dialog>
  );
}
