import { Alert, Button, Link, Stack, Typography } from '@mui/material';
import { useQuery } from '@apollo/client/react';
import { SIGNED_IN_AGAIN } from '../../session/session-channel.js';
import { AccountPage } from './account-page.js';
import { pageAfterSignIn, providerUrl } from './provider-url.js';
import { signInMethodsQuery } from './sign-in-methods-query.js';

interface Names {
  provider: string;
  contact: string;
}

/** What happened, and what the person can do about it, for each code of the server (server/http/oidc-routes.ts). */
const texts: Record<string, (names: Names) => { title: string; what: string; next: string }> = {
  NO_ROLE: ({ provider, contact }) => ({
    title: 'You have no access yet',
    what: `${provider} knows you, but none of your groups there gives access to Cytograph.`,
    next: `Ask ${contact} to add you to a group that may use Cytograph. Then sign in again.`,
  }),
  NO_EMAIL: ({ provider, contact }) => ({
    title: 'Your e-mail address is missing',
    what: `${provider} did not give Cytograph an e-mail address for you.`,
    next: `Ask ${contact} to add an e-mail address to your account at ${provider}, and to let Cytograph read it.`,
  }),
  EMAIL_TAKEN: ({ provider, contact }) => ({
    title: 'Your e-mail address has an account already',
    what: `An account with your e-mail address was created in Cytograph before, and is not linked to ${provider} yet.`,
    next: `Ask ${contact} to link it: an administrator of Cytograph can do this on your page under People. Then sign in again.`,
  }),
  DISABLED: ({ contact }) => ({
    title: 'Your account is disabled',
    what: 'An administrator has disabled your account in Cytograph.',
    next: `Ask ${contact} to enable it if you need access.`,
  }),
  LAST_ADMINISTRATOR: ({ provider, contact }) => ({
    title: 'Cytograph would have no administrator',
    what: `Your groups at ${provider} no longer give you the role of administrator, but nobody else has it.`,
    next: `Ask ${contact} to make somebody else an administrator first. Then sign in again.`,
  }),
  NOT_BEGUN: () => ({
    title: 'This sign-in does not count',
    what: 'Signing in again begins on a page of Cytograph where you are signed in, and must be completed within 10 minutes.',
    next: 'Close this window, and begin again on that page.',
  }),
  SOMEBODY_ELSE: ({ provider }) => ({
    title: 'Somebody else has signed in',
    what: `Another account was used at ${provider} than the one with which you are signed in to Cytograph.`,
    next: 'Sign in again with your own account.',
  }),
  NOT_ASKED_AGAIN: ({ provider, contact }) => ({
    title: `${provider} did not ask who you are`,
    what: `To sign a report, you must sign in again at ${provider}. It did not ask you.`,
    next: `Try again. If it does not help, ask ${contact}.`,
  }),
  CANCELLED: ({ provider }) => ({
    title: 'You are not signed in',
    what: `The sign-in was cancelled at ${provider}.`,
    next: 'Try again if this was not what you wanted.',
  }),
  EXPIRED: () => ({
    title: 'The sign-in took too long',
    what: 'A sign-in must be completed within 10 minutes, and in the browser in which it began.',
    next: 'Try again.',
  }),
  UNAVAILABLE: ({ provider, contact }) => ({
    title: `${provider} does not answer`,
    what: 'Cytograph works, but people cannot sign in at the moment. Anyone who is signed in can continue to work.',
    next: `Try again in a moment. If it does not help, ask ${contact}.`,
  }),
  REJECTED: ({ provider, contact }) => ({
    title: 'You could not be signed in',
    what: `The answer of ${provider} was not valid.`,
    next: `Try again. If it does not help, ask ${contact}.`,
  }),
};

/** Explains why a sign-in with the identity provider failed, and whom to ask. */
export function SignInProblem({ problem }: { problem: string }) {
  /** Whether this window was opened for a user who is signed in, and signs in again. */
  const again = pageAfterSignIn().includes(SIGNED_IN_AGAIN);
  const { data } = useQuery(signInMethodsQuery);
  const provider = data?.signInMethods.provider;
  const names = {
    provider: provider?.name ?? 'The identity provider',
    contact: provider?.contact ?? 'the administrators of Cytograph',
  };
  const { title, what, next } = (texts[problem] ?? texts.REJECTED)?.(names) ?? {
    title: '',
    what: '',
    next: '',
  };
  return (
    <AccountPage title={title}>
      <Stack spacing={2} sx={{ mt: 2 }}>
        <Alert severity="warning">{what}</Alert>
        <Typography>{next}</Typography>
        {provider && (
          <Button
            variant="contained"
            size="large"
            href={again ? provider.againUrl : providerUrl(provider.url, pageAfterSignIn())}
          >
            Sign in again
          </Button>
        )}
        {!again && <Link href={document.baseURI}>Go to the start page</Link>}
      </Stack>
    </AccountPage>
  );
}
