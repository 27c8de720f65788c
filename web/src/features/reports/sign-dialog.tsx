import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { useSignedInAgain } from '../../session/session-channel.js';
import { SIGN_IN_WINDOW } from '../../session/sign-in-window.js';
import { useViewer } from '../../session/viewer.js';
import { FormDialog } from '../../ui/form-dialog.js';

const howToSignQuery = graphql(`
  query HowToSign {
    viewer {
      id
      identities {
        id
        linkedAt
      }
    }
    signInMethods {
      provider {
        name
        againUrl
      }
    }
  }
`);

const signReportMutation = graphql(`
  mutation SignReport($input: SignReportInput!) {
    signReport(input: $input) {
      case {
        ...ReportToSign
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface SignDialogProps {
  caseId: string;
  /** Names what the user has read. */
  digest: string;
  /** The number of the version that the signature makes. */
  version: number;
  onSigned: () => void;
  onClose: () => void;
}

/** Asks for the password again, or to sign in again with the identity provider, and signs the report. */
export function SignDialog(props: SignDialogProps) {
  const { data, loading, error } = useQuery(howToSignQuery);
  const provider = data?.signInMethods.provider;
  const hasIdentity = data?.viewer?.identities?.some(({ linkedAt }) => linkedAt !== null) ?? false;
  if (provider && hasIdentity) return <SignWithProvider {...props} provider={provider} />;
  return <SignWithPassword {...props} query={{ loading, error }} />;
}

function useSigning({ caseId, digest, onSigned }: SignDialogProps) {
  const [sign, mutation] = useMutation(signReportMutation, {
    onCompleted: ({ signReport }) => {
      if (signReport.userErrors.length === 0) onSigned();
    },
  });
  /** Without a password: after signing in again. */
  const signWith = (password?: string) =>
    void sign({ variables: { input: { caseId, digest, password } } }).catch(() => undefined);
  return { signWith, mutation, userErrors: mutation.data?.signReport.userErrors };
}

interface SignWithPasswordProps extends SignDialogProps {
  /** The state of the question how the user signs in. */
  query: { loading: boolean; error?: unknown };
}

function SignWithPassword({ query, ...props }: SignWithPasswordProps) {
  const { email } = useViewer();
  const [password, setPassword] = useState('');
  const { signWith, mutation, userErrors } = useSigning(props);
  return (
    <FormDialog
      title={titleOf(props)}
      action="Sign"
      disabled={query.loading || password === ''}
      mutation={{ loading: mutation.loading, error: mutation.error ?? query.error }}
      userErrors={userErrors}
      onSubmit={() => signWith(password)}
      onClose={props.onClose}
    >
      <WhatIsSigned />
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      <TextField
        label="Your password"
        type="password"
        autoComplete="current-password"
        required
        autoFocus
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
    </FormDialog>
  );
}

interface SignWithProviderProps extends SignDialogProps {
  provider: { name: string; againUrl: string };
}

/** Opens the provider in a second window, and signs when the user has signed in there. */
function SignWithProvider({ provider, ...props }: SignWithProviderProps) {
  const [opened, setOpened] = useState<'not yet' | 'open' | 'refused by the browser'>('not yet');
  const { signWith, mutation, userErrors } = useSigning(props);
  useSignedInAgain(() => {
    if (opened === 'open') signWith();
  });
  return (
    <FormDialog
      title={titleOf(props)}
      action={`Sign in again with ${provider.name}`}
      mutation={mutation}
      userErrors={userErrors}
      onSubmit={() => {
        const isOpen = window.open(provider.againUrl, SIGN_IN_WINDOW) !== null;
        setOpened(isOpen ? 'open' : 'refused by the browser');
      }}
      onClose={props.onClose}
    >
      <WhatIsSigned />
      <Typography role="status">
        {opened === 'open'
          ? `Sign in at ${provider.name} in the other window. The report is signed as soon as you have done that.`
          : `You have no password here. ${provider.name} asks you in another window to sign in again, and the report is signed as soon as you have done that.`}
      </Typography>
      {opened === 'refused by the browser' && (
        <Alert severity="warning">
          The browser did not open another window. Allow it to open windows for this page, then try again.
        </Alert>
      )}
    </FormDialog>
  );
}

const titleOf = ({ version }: SignDialogProps) =>
  version === 1 ? 'Sign the report' : `Sign the amended report, version ${version}`;

function WhatIsSigned() {
  const { displayName } = useViewer();
  return (
    <Typography>
      You sign as {displayName}. What the report says now is kept unchanged, with the differential, the chosen
      cells and their reviews. Later changes need an amended report.
    </Typography>
  );
}
