import { useMutation } from '@apollo/client/react';
import { Box, Button, Stack, TextField, Typography } from '@mui/material';
import { QRCodeSVG } from 'qrcode.react';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { Section } from '../../ui/section.js';
import { ShownOnce } from './shown-once.js';

const beginMutation = graphql(`
  mutation BeginSecondFactor($password: String!) {
    beginSecondFactor(password: $password) {
      secret
      uri
      userErrors {
        code
        message
      }
    }
  }
`);
const confirmMutation = graphql(`
  mutation ConfirmSecondFactor($code: String!) {
    confirmSecondFactor(code: $code) {
      recoveryCodes
      userErrors {
        code
        message
      }
    }
  }
`);
const removeMutation = graphql(`
  mutation RemoveSecondFactor($password: String!) {
    removeSecondFactor(password: $password) {
      removed
      userErrors {
        code
        message
      }
    }
  }
`);

interface SecondFactorSectionProps {
  hasSecondFactor: boolean;
  onChanged: () => void;
}

type Step = 'none' | 'begin' | 'remove' | { secret: string; uri: string };

/** Sets up or removes the viewer's authenticator app. */
export function SecondFactorSection({ hasSecondFactor, onChanged }: SecondFactorSectionProps) {
  const [step, setStep] = useState<Step>('none');
  const [recoveryCodes, setRecoveryCodes] = useState<readonly string[] | null>(null);
  const close = () => setStep('none');
  return (
    <Section
      title="Authenticator app"
      hint={
        hasSecondFactor
          ? 'Signing in takes your password and a code from the app.'
          : 'With an app on your telephone, a stolen password is not enough to sign in.'
      }
      actions={
        hasSecondFactor ? (
          <Button color="error" onClick={() => setStep('remove')}>
            Remove
          </Button>
        ) : (
          <Button onClick={() => setStep('begin')}>Set up</Button>
        )
      }
    >
      {step === 'begin' && <BeginDialog onBegun={setStep} onClose={close} />}
      {typeof step === 'object' && (
        <ConfirmDialog
          {...step}
          onConfirmed={(codes) => {
            close();
            setRecoveryCodes(codes);
            onChanged();
          }}
          onClose={close}
        />
      )}
      {step === 'remove' && (
        <RemoveDialog
          onRemoved={() => {
            close();
            onChanged();
          }}
          onClose={close}
        />
      )}
      {recoveryCodes && (
        <ShownOnce title="Recovery codes" secrets={recoveryCodes} onClose={() => setRecoveryCodes(null)}>
          Keep these codes where you find them without your telephone. Each works once instead of a code from
          the app.
        </ShownOnce>
      )}
    </Section>
  );
}

function PasswordField({ value, onChange }: { value: string; onChange: (password: string) => void }) {
  return (
    <TextField
      label="Password"
      type="password"
      autoComplete="current-password"
      required
      autoFocus
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

interface BeginDialogProps {
  onBegun: (factor: { secret: string; uri: string }) => void;
  onClose: () => void;
}

function BeginDialog({ onBegun, onClose }: BeginDialogProps) {
  const [password, setPassword] = useState('');
  const [begin, mutation] = useMutation(beginMutation, {
    onCompleted: ({ beginSecondFactor: { secret, uri } }) => {
      if (secret != null && uri != null) onBegun({ secret, uri });
    },
  });
  return (
    <FormDialog
      title="Set up an authenticator app"
      action="Continue"
      mutation={mutation}
      userErrors={mutation.data?.beginSecondFactor.userErrors}
      onSubmit={() => void begin({ variables: { password } }).catch(() => undefined)}
      onClose={onClose}
    >
      <Typography>Enter your password first.</Typography>
      <PasswordField value={password} onChange={setPassword} />
    </FormDialog>
  );
}

interface ConfirmDialogProps {
  secret: string;
  uri: string;
  onConfirmed: (recoveryCodes: readonly string[]) => void;
  onClose: () => void;
}

function ConfirmDialog({ secret, uri, onConfirmed, onClose }: ConfirmDialogProps) {
  const [code, setCode] = useState('');
  const [confirm, mutation] = useMutation(confirmMutation, {
    onCompleted: ({ confirmSecondFactor: { recoveryCodes } }) => {
      if (recoveryCodes) onConfirmed(recoveryCodes);
    },
  });
  return (
    <FormDialog
      title="Set up an authenticator app"
      action="Confirm"
      mutation={mutation}
      userErrors={mutation.data?.confirmSecondFactor.userErrors}
      onSubmit={() => void confirm({ variables: { code } }).catch(() => undefined)}
      onClose={onClose}
    >
      <Typography>
        Scan this picture with the app, or type the key into it. Then enter the code that it shows.
      </Typography>
      <Stack spacing={1} sx={{ alignItems: 'center' }}>
        <Box sx={{ p: 1.5, bgcolor: 'common.white', lineHeight: 0 }}>
          <QRCodeSVG value={uri} size={180} title="QR code for the authenticator app" />
        </Box>
        <Code>{secret}</Code>
      </Stack>
      <TextField
        label="Code from the app"
        required
        autoFocus
        autoComplete="one-time-code"
        slotProps={{ htmlInput: { inputMode: 'numeric' } }}
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
    </FormDialog>
  );
}

interface RemoveDialogProps {
  onRemoved: () => void;
  onClose: () => void;
}

function RemoveDialog({ onRemoved, onClose }: RemoveDialogProps) {
  const [password, setPassword] = useState('');
  const [remove, mutation] = useMutation(removeMutation, {
    onCompleted: ({ removeSecondFactor: { userErrors } }) => {
      if (userErrors.length === 0) onRemoved();
    },
  });
  return (
    <FormDialog
      title="Remove the authenticator app"
      action="Remove"
      color="error"
      mutation={mutation}
      userErrors={mutation.data?.removeSecondFactor.userErrors}
      onSubmit={() => void remove({ variables: { password } }).catch(() => undefined)}
      onClose={onClose}
    >
      <Typography>
        After this your password alone is enough to sign in, and the recovery codes no longer work.
      </Typography>
      <PasswordField value={password} onChange={setPassword} />
    </FormDialog>
  );
}
