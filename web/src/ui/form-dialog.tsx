import { Box, Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack } from '@mui/material';
import { type ReactNode, type SubmitEvent, useEffect, useId, useRef } from 'react';
import { Problem } from './problem.js';
import { UserErrors } from './user-errors.js';

export interface FormDialogProps {
  title: string;
  /** The text of the button that submits the form. */
  action: string;
  color?: 'primary' | 'error';
  /** Whether the form is incomplete and cannot be submitted. Default: false. */
  disabled?: boolean;
  /** The state of the form's mutation, as `useMutation` returns it. */
  mutation: { loading: boolean; error?: unknown };
  /** The errors that the user can correct. */
  userErrors: readonly { message: string }[] | undefined;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/**
 * A dialog with a form that runs one mutation and shows its errors below the fields. If the form is taller than the window, its
 * content scrolls, its buttons stay visible, and a new error is scrolled into view.
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
  const problems = useRef<HTMLDivElement>(null);
  useEffect(() => problems.current?.scrollIntoView({ block: 'nearest' }), [userErrors, error]);
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
            {(Boolean(userErrors?.length) || Boolean(error)) && (
              <Stack ref={problems} spacing={2}>
                <UserErrors errors={userErrors} />
                {Boolean(error) && <Problem error={error} />}
              </Stack>
            )}
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
