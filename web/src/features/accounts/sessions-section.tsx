import { useMutation, useQuery } from '@apollo/client/react';
import { Box, Button, Chip, Stack, Typography } from '@mui/material';
import { graphql } from '../../graphql/index.js';
import type { SessionsQuery } from '../../graphql/graphql.js';
import { leaveApp } from '../../session/leave-app.js';
import { useViewer } from '../../session/viewer.js';
import { DateTime } from '../../ui/date-time.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { describeUserAgent } from './describe-user-agent.js';
import { SignOutDialog } from './sign-out-dialog.js';
import { useLeaving } from './use-sign-out.js';

const sessionsQuery = graphql(`
  query Sessions($userId: ID) {
    sessions(userId: $userId) {
      id
      createdAt
      expiresAt
      lastUsedAt
      ip
      lastUsedIp
      userAgent
      isCurrent
    }
  }
`);
const endSessionMutation = graphql(`
  mutation EndSession($id: ID!) {
    endSession(id: $id)
  }
`);
const signOutEverywhereMutation = graphql(`
  mutation SignOutEverywhere($userId: ID) {
    signOutEverywhere(userId: $userId)
  }
`);

/** The sessions of the viewer, or (for an administrator) of another person: where, since when, and the way to end them. */
export function SessionsSection({ userId }: { userId?: string }) {
  const query = useQuery(sessionsQuery, { variables: { userId }, fetchPolicy: 'cache-and-network' });
  const sessions = query.data?.sessions;
  const [endSession, ending] = useMutation(endSessionMutation);
  const [signOutEverywhere, signingOut] = useMutation(signOutEverywhereMutation);
  const error = ending.error ?? signingOut.error;
  const leaving = useLeaving(useViewer().id);
  /** @param isOwn whether this session is ended too, with what this browser keeps of the user */
  const endWith = (end: () => Promise<unknown>, isOwn: boolean) => {
    if (isOwn) leaving.start(() => end().then(() => leaveApp(document.baseURI)));
    else
      void end()
        .then(() => query.refetch())
        .catch(() => undefined);
  };
  const end = (id: string, isCurrent: boolean) => endWith(() => endSession({ variables: { id } }), isCurrent);
  const endAll = () =>
    endWith(
      () => signOutEverywhere({ variables: { userId } }),
      sessions?.some(({ isCurrent }) => isCurrent) ?? false,
    );
  return (
    <Section
      title="Sessions"
      hint="Browsers that are signed in. A session also ends when it has not been used for a while."
      actions={
        sessions && sessions.length > 0 ? (
          <Button color="error" onClick={endAll} loading={signingOut.loading}>
            Sign out everywhere
          </Button>
        ) : undefined
      }
    >
      {error && <Problem error={error} />}
      <SignOutDialog signOut={leaving} />
      <LoadedList
        query={query}
        items={sessions}
        rows={1}
        empty={<Typography>Not signed in anywhere.</Typography>}
      >
        {(session) => (
          <SessionItem key={session.id} session={session} onEnd={() => end(session.id, session.isCurrent)} />
        )}
      </LoadedList>
    </Section>
  );
}

interface SessionItemProps {
  session: SessionsQuery['sessions'][number];
  onEnd: () => void;
}

function SessionItem({ session, onEnd }: SessionItemProps) {
  const device = describeUserAgent(session.userAgent);
  return (
    <Stack
      component="li"
      direction="row"
      spacing={1}
      sx={{ borderTop: 1, borderColor: 'divider', pt: 1.5, alignItems: 'flex-start' }}
    >
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography variant="h3" sx={{ overflowWrap: 'anywhere' }}>
          {device} {session.isCurrent && <Chip size="small" color="success" label="This session" />}
        </Typography>
        <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
          Signed in <DateTime iso={session.createdAt} />
          {session.ip && ` from ${session.ip}`}, last used <DateTime iso={session.lastUsedAt} />
          {session.lastUsedIp && ` from ${session.lastUsedIp}`}, ends at the latest{' '}
          <DateTime iso={session.expiresAt} />
        </Typography>
      </Box>
      <Button
        size="small"
        color="error"
        variant="outlined"
        onClick={onEnd}
        aria-label={`End the session in ${device}${session.isCurrent ? ' (this session)' : ''}`}
      >
        End
      </Button>
    </Stack>
  );
}
