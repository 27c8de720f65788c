import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, Button, Divider, Stack, TextField } from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import { SIGNED_IN_AGAIN_PAGE } from '../../session/session-channel.js';
import { SIGN_IN_WINDOW } from '../../session/sign-in-window.js';
import type { Viewer } from '../../session/viewer.js';
import { viewerQuery } from '../../session/viewer-query.js';
import { graphql } from '../../graphql/index.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';
import { AccountPage } from './account-page.js';
import { pageAfterSignIn, providerUrl } from './provider-url.js';
import { signInMethodsQuery } from './sign-in-methods-query.js';

const signInMutation = graphql(`
  mutation SignIn($email: String!, $password: String!, $code: String) {
    signIn(email: $email, password: $password, code: $code) {
      viewer {
        __typename
        id
        email
        displayName
        roles
        passwordIsOneTime
        seesAllSites
        sites {
          __typename
          id
          name
        }
      }
      codeRequired
      userErrors {
        code
        message
      }
    }
  }
`);

interface SignInProps {
  /** Called with the accepted password, so that the user need not enter a one-time password twice. */
  onSignedIn: (password: string) => void;
  /** The user whose session has ended, and whose page stays open behind this one. Null: nobody was signed in. */
  signedOut: Viewer | null;
}

export function SignIn({ onSignedIn, signedOut }: SignInProps) {
  const methods = useQuery(signInMethodsQuery).data?.signInMethods;
  const provider = methods?.provider;
  const [emergency, setEmergency] = useState(false);
  const [email, setEmail] = useState(signedOut?.email ?? '');
  const [password, setPassword] = useState('');
  const [needsCode, setNeedsCode] = useState(false);
  const [code, setCode] = useState('');
  const [signIn, { data, loading, error }] = useMutation(signInMutation, {
    update: (cache, { data }) => {
      if (data?.signIn.codeRequired) setNeedsCode(true);
      if (!data?.signIn.viewer) return;
      onSignedIn(password);
      cache.writeQuery({ query: viewerQuery, data: { viewer: data.signIn.viewer } });
    },
  });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void signIn({ variables: { email, password, code: needsCode ? code : null } }).catch(() => undefined);
  };

  const asksForPassword = !provider || methods.builtInAccounts || emergency;
  return (
    <AccountPage title="Sign in">
      {signedOut && <SignedOutNotice user={signedOut} />}
      {provider && (
        <>
          <Button
            variant="contained"
            size="large"
            fullWidth
            href={providerUrl(provider.url, signedOut ? SIGNED_IN_AGAIN_PAGE : pageAfterSignIn())}
            // In another window, so that the page of a user who was signed out is kept.
            target={signedOut ? SIGN_IN_WINDOW : undefined}
            rel={signedOut ? 'opener' : undefined}
            sx={{ mt: 2, mb: 3 }}
          >
            Sign in with {provider.name}
          </Button>
          {asksForPassword && <Divider>{emergency ? 'Emergency account' : 'or with a password'}</Divider>}
          {!asksForPassword && <Button onClick={() => setEmergency(true)}>Use the emergency account</Button>}
        </>
      )}
      {asksForPassword && (
        <Stack component="form" spacing={2} onSubmit={submit} sx={{ mt: 2 }}>
          <TextField
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            autoFocus={!signedOut}
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <TextField
            label="Password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus={signedOut !== null}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          {needsCode && (
            <TextField
              label="Code from the authenticator app"
              autoComplete="one-time-code"
              required
              autoFocus
              helperText="Or a recovery code."
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          )}
          <UserErrors errors={data?.signIn.userErrors} />
          {error && <Problem error={error} />}
          <Button type="submit" variant={provider ? 'outlined' : 'contained'} size="large" loading={loading}>
            Sign in
          </Button>
        </Stack>
      )}
    </AccountPage>
  );
}

function SignedOutNotice({ user }: { user: Viewer }) {
  return (
    <Alert severity="info" sx={{ my: 1 }}>
      You were signed out, because your session expired or was ended. Sign in as {user.displayName} to
      continue: nothing on this page is lost, and images that are waiting are then sent. If somebody else
      signs in, all of it is cleared.
    </Alert>
  );
}
