import { useQuery } from '@apollo/client/react';
import { Box, CircularProgress } from '@mui/material';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { problemInAddress } from '../features/accounts/sign-in-problem-address.js';
import { Problem } from '../ui/problem.js';
import { keepLastViewer, lastViewer } from '../session/last-viewer.js';
import { OfflineProvider } from '../session/offline.js';
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

/** How often a server that could not be reached is asked again. */
const ASK_AGAIN_MS = 10_000;

/** Shows the app to signed-in users, after they have replaced a one-time password. The URL stays, so that links work after sign-in. */
export function SignInGate({ children }: { children: ReactNode }) {
  const { data, error, refetch, client } = useQuery(viewerQuery);
  // Kept only until the user has chosen a new password.
  const [oneTimePassword, setOneTimePassword] = useState('');

  const viewer = data?.viewer;
  useEffect(() => {
    if (viewer) keepLastViewer(viewer);
  }, [viewer]);
  const isUnreachable = !data && error instanceof TypeError; // as `fetch` fails without a connection
  useEffect(() => {
    if (!isUnreachable) return;
    // `refetch` alone would replace the app by the start page while it waits.
    const ask = () =>
      void client
        .query({ query: viewerQuery, fetchPolicy: 'network-only' })
        .then(() => refetch())
        .catch(() => undefined);
    window.addEventListener('online', ask);
    const timer = window.setInterval(ask, ASK_AGAIN_MS);
    return () => {
      window.removeEventListener('online', ask);
      window.clearInterval(timer);
    };
  }, [isUnreachable, refetch, client]);

  const last = isUnreachable ? lastViewer() : null;
  if (last) {
    return (
      <OfflineProvider value>
        <ViewerProvider key={last.id} value={last}>
          {children}
        </ViewerProvider>
      </OfflineProvider>
    );
  }
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
    <OfflineProvider value={false}>
      <ViewerProvider key={data.viewer.id} value={data.viewer}>
        {children}
      </ViewerProvider>
    </OfflineProvider>
  );
}

function Starting() {
  return (
    <Box component="main" sx={{ display: 'grid', placeItems: 'center', minHeight: '100dvh' }}>
      <CircularProgress aria-label="Starting Cytograph" />
    </Box>
  );
}
