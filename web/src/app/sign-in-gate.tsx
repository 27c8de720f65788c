import { useQuery } from '@apollo/client/react';
import { Box, CircularProgress } from '@mui/material';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { problemInAddress } from '../features/accounts/sign-in-problem-address.js';
import { Problem } from '../ui/problem.js';
import { ViewerProvider } from '../session/viewer.js';
import { viewerQuery } from '../session/viewer-query.js';

// Most visits are signed in and do not need these pages.
const SignIn = lazy(async () => ({ default: (await import('../features/accounts/sign-in.js')).SignIn }));
const SignInProblem = lazy(async () => ({
  default: (await import('../features/accounts/sign-in-problem.js')).SignInProblem,
}));
const ChooseOwnPassword = lazy(async () => ({
  default: (await import('../features/accounts/choose-own-password.js')).ChooseOwnPassword,
}));

/** Shows the app to signed-in users, after they have replaced a one-time password. The URL stays, so that links work after sign-in. */
export function SignInGate({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery(viewerQuery);
  // Kept only until the user has chosen a new password.
  const [oneTimePassword, setOneTimePassword] = useState('');

  if (error && !data) {
    return (
      <Box component="main" sx={{ maxWidth: 560, mx: 'auto', mt: 8, px: 2 }}>
        <Problem error={error} retry={() => void refetch()} />
      </Box>
    );
  }
  if (!data) return <Starting />;
  const problem = problemInAddress();
  if (problem !== null || !data.viewer || data.viewer.passwordIsOneTime) {
    return (
      <Suspense fallback={<Starting />}>
        {problem !== null ? (
          <SignInProblem problem={problem} />
        ) : data.viewer ? (
          <ChooseOwnPassword viewer={data.viewer} currentPassword={oneTimePassword} />
        ) : (
          <SignIn onSignedIn={setOneTimePassword} />
        )}
      </Suspense>
    );
  }
  return (
    <ViewerProvider key={data.viewer.id} value={data.viewer}>
      {children}
    </ViewerProvider>
  );
}

function Starting() {
  return (
    <Box component="main" sx={{ display: 'grid', placeItems: 'center', minHeight: '100dvh' }}>
      <CircularProgress aria-label="Starting Cytograph" />
    </Box>
  );
}
