import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  Typography,
} from '@mui/material';
import { type ReactNode, useId, useState } from 'react';
import { Code } from '../../ui/code.js';

interface ShownOnceProps {
  title: string;
  /** What the secrets are for, and what happens next. */
  children: ReactNode;
  /** A one-time password, the secret of a token, or recovery codes. */
  secrets: readonly string[];
  onClose: () => void;
}

/** Secrets that the server shows once: they can be copied until the dialog is closed. */
export function ShownOnce({ title, children, secrets, onClose }: ShownOnceProps) {
  const titleId = useId();
  const [copied, setCopied] = useState<boolean | null>(null);
  const copy = () =>
    navigator.clipboard.writeText(secrets.join('\n')).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <Dialog open fullWidth maxWidth="sm" aria-labelledby={titleId}>
      <DialogTitle id={titleId}>{title}</DialogTitle>
      <DialogContent>
        <Stack spacing={2}>
          <Typography component="div">{children}</Typography>
          <Stack component="ul" spacing={0.5} sx={{ listStyle: 'none', p: 0, m: 0, fontSize: '1.1rem' }}>
            {secrets.map((secret) => (
              <li key={secret}>
                <Code>{secret}</Code>
              </li>
            ))}
          </Stack>
          <Alert severity="warning">It is not shown again after you close this dialog.</Alert>
          <Typography role="status" variant="body2">
            {copied === true && 'Copied.'}
            {copied === false && 'The browser did not allow copying: select the text instead.'}
          </Typography>
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={() => void copy()}>Copy</Button>
        <Button variant="contained" autoFocus onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}
