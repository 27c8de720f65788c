import { useMutation, useQuery } from '@apollo/client/react';
import { Button, Divider, Stack, TextField } from '@mui/material';
import { type SubmitEvent, useState } from 'react';
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
        id
        email
        displayName
        roles
        passwordIsOneTime
        seesAllSites
        sites {
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
}

export function SignIn({ onSignedIn }: SignInProps) {
  const methods = useQuery(signInMethodsQuery).data?.signInMethods;
  const provider = methods?.provider;
  const [emergency, setEmergency] = useState(false);
  const [email, setEmail] = useState('');
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
      {provider && (
        <>
          <Button
            variant="contained"
            size="large"
            fullWidth
            href={providerUrl(provider.url, pageAfterSignIn())}
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
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <TextField
            label="Password"
            type="password"
            autoComplete="current-password"
            required
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
