import { useQuery } from '@apollo/client/react';
import { Box, CircularProgress } from '@mui/material';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { problemInAddress } from '../features/accounts/sign-in-problem-address.js';
import { deleteDeviceData } from '../session/device-data.js';
import { leaveApp } from '../session/leave-app.js';
import { Problem } from '../ui/problem.js';
import { isUnreachable } from '../session/is-unreachable.js';
import { keepLastViewer, lastViewer } from '../session/last-viewer.js';
import { OfflineProvider } from '../session/offline.js';
import { type Viewer, ViewerProvider } from '../session/viewer.js';
import { wasSignedInAgain } from '../session/session-channel.js';
import { viewerQuery } from '../session/viewer-query.js';
import { useSignInElsewhere } from './use-sign-in-elsewhere.js';

// Most visits are signed in and do not need these.
const SignIn = lazy(async () => ({ default: (await import('../features/accounts/sign-in.js')).SignIn }));
const SignInProblem = lazy(async () => ({
  default: (await import('../features/accounts/sign-in-problem.js')).SignInProblem,
}));
const SignedInAgain = lazy(async () => ({
  default: (await import('../features/accounts/signed-in-again.js')).SignedInAgain,
}));
const SignInCover = lazy(async () => ({ default: (await import('./sign-in-cover.js')).SignInCover }));
const ChooseOwnPassword = lazy(async () => ({
  default: (await import('../features/accounts/choose-own-password.js')).ChooseOwnPassword,
}));

/** How often a server that could not be reached is asked again. */
const ASK_AGAIN_MS = 10_000;

/**
 * Shows the app to signed-in users, after they have replaced a one-time password. The URL stays, so that links work after sign-in. When a
 * session ends, the sign-in page covers the app, which keeps what the user has typed. Another user gets nothing of it: the app is loaded
 * again for them.
 */
export function SignInGate({ children }: { children: ReactNode }) {
  const { data, error, refetch, client } = useQuery(viewerQuery);
  // Kept only until the user has chosen a new password.
  const [oneTimePassword, setOneTimePassword] = useState('');
  /** Who uses the app, also while signed out. */
  const [user, setUser] = useState<Viewer | null>(null);
  const viewer = data?.viewer ?? null;
  const problem = problemInAddress();
  const mayEnter = problem === null && viewer !== null && !viewer.passwordIsOneTime;
  if (mayEnter && viewer !== user && (user === null || user.id === viewer.id)) setUser(viewer);
  const isOther = user !== null && viewer !== null && viewer.id !== user.id;
  useEffect(() => {
    if (isOther) void leaveApp(document.baseURI);
  }, [isOther]);
  // A window that shows why a sign-in failed stays open, also if the user is still signed in.
  useSignInElsewhere(problem === null ? (viewer?.id ?? null) : null, () => void refetch());

  useEffect(() => {
    if (!viewer) return;
    const before = lastViewer();
    // The user before has not signed out, and their images are still on this device.
    if (before && before.id !== viewer.id) void deleteDeviceData();
    keepLastViewer(viewer);
  }, [viewer]);
  const isOffline = !data && isUnreachable(error);
  useEffect(() => {
    if (!isOffline) return;
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
  }, [isOffline, refetch, client]);

  if (problem === null && viewer && wasSignedInAgain()) {
    return (
      <Suspense fallback={<Starting />}>
        <SignedInAgain />
      </Suspense>
    );
  }
  const last = isOffline ? lastViewer() : null;
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
  const before = (
    <Suspense fallback={<Starting />}>
      {problem !== null ? (
        <SignInProblem problem={problem} />
      ) : viewer && !isOther ? (
        <ChooseOwnPassword viewer={viewer} currentPassword={oneTimePassword} />
      ) : isOther ? (
        <Starting />
      ) : (
        <SignIn onSignedIn={setOneTimePassword} signedOut={user} />
      )}
    </Suspense>
  );
  if (!user) return mayEnter ? <Starting /> : before;
  const isCovered = !mayEnter || isOther;
  return (
    <>
      {/* What the sign-in page covers is not printed either. */}
      <Box sx={{ display: 'contents', displayPrint: isCovered ? 'none' : 'contents' }}>
        <OfflineProvider value={false}>
          <ViewerProvider key={user.id} value={user}>
            {children}
          </ViewerProvider>
        </OfflineProvider>
      </Box>
      {isCovered && (
        <Suspense fallback={<Cover />}>
          <SignInCover>{before}</SignInCover>
        </Suspense>
      )}
    </>
  );
}

function Starting() {
  return (
    <Box component="main" sx={{ display: 'grid', placeItems: 'center', minHeight: '100dvh' }}>
      <CircularProgress aria-label="Starting Cytograph" />
    </Box>
  );
}

/** In place of the sign-in page over the app, until it has been loaded. */
function Cover() {
  return <Box sx={{ position: 'fixed', inset: 0, zIndex: 'modal', bgcolor: 'background.default' }} />;
}
