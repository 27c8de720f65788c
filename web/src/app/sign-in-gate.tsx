import { useQuery } from '@apollo/client/react';
import { Box, CircularProgress } from '@mui/material';
import { type ReactNode, useState } from 'react';
import { ChooseOwnPassword } from '../features/accounts/choose-own-password.js';
import { SignIn } from '../features/accounts/sign-in.js';
import { problemInAddress, SignInProblem } from '../features/accounts/sign-in-problem.js';
import { Problem } from '../ui/problem.js';
import { ViewerProvider } from '../session/viewer.js';
import { viewerQuery } from '../session/viewer-query.js';

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
  if (!data) {
    return (
      <Box component="main" sx={{ display: 'grid', placeItems: 'center', minHeight: '100dvh' }}>
        <CircularProgress aria-label="Starting Cytograph" />
      </Box>
    );
  }
  const problem = problemInAddress();
  if (problem !== null) return <SignInProblem problem={problem} />;
  if (!data.viewer) return <SignIn onSignedIn={setOneTimePassword} />;
  if (data.viewer.passwordIsOneTime) {
    return <ChooseOwnPassword viewer={data.viewer} currentPassword={oneTimePassword} />;
  }
  return (
    <ViewerProvider key={data.viewer.id} value={data.viewer}>
      {children}
    </ViewerProvider>
  );
}
