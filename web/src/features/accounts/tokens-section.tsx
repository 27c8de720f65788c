import { useMutation, useQuery } from '@apollo/client/react';
import { Box, Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import type { ApiTokensQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { AddIcon } from '../../ui/icons.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { CreateTokenDialog } from './create-token-dialog.js';
import { scopeLabels } from './scope-labels.js';
import { ShownOnce } from './shown-once.js';

const tokensQuery = graphql(`
  query ApiTokens($userId: ID) {
    apiTokens(userId: $userId) {
      id
      name
      scopes
      createdAt
      expiresAt
      lastUsedAt
      lastUsedIp
    }
  }
`);
const revokeMutation = graphql(`
  mutation RevokeApiToken($id: ID!) {
    revokeApiToken(id: $id)
  }
`);

/** The API tokens of the viewer, who can create some, or (for an administrator) of another person. */
export function TokensSection({ userId }: { userId?: string }) {
  const query = useQuery(tokensQuery, { variables: { userId }, fetchPolicy: 'cache-and-network' });
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [revoke, { error }] = useMutation(revokeMutation);
  const isOwn = userId === undefined;
  return (
    <Section
      title="API tokens"
      hint={
        isOwn
          ? 'With a token a program uses the API in your name. Nobody can create tokens or change passwords with one.'
          : 'With a token a program uses the API in this person’s name.'
      }
      actions={
        isOwn && (
          <Button startIcon={<AddIcon />} onClick={() => setCreating(true)}>
            New token
          </Button>
        )
      }
    >
      {error && <Problem error={error} />}
      <LoadedList
        query={query}
        items={query.data?.apiTokens}
        rows={1}
        empty={<Typography>No tokens.</Typography>}
      >
        {(token) => (
          <TokenItem
            key={token.id}
            token={token}
            onRevoke={() =>
              void revoke({ variables: { id: token.id } })
                .then(() => query.refetch())
                .catch(() => undefined)
            }
          />
        )}
      </LoadedList>
      {creating && (
        <CreateTokenDialog
          onClose={() => setCreating(false)}
          onCreated={(created) => {
            setCreating(false);
            setSecret(created);
            void query.refetch();
          }}
        />
      )}
      {secret !== null && (
        <ShownOnce title="API token" secrets={[secret]} onClose={() => setSecret(null)}>
          Store the token where your program reads it. The program sends it as a bearer token with each
          request.
        </ShownOnce>
      )}
    </Section>
  );
}

interface TokenItemProps {
  token: ApiTokensQuery['apiTokens'][number];
  onRevoke: () => void;
}

function TokenItem({ token, onRevoke }: TokenItemProps) {
  return (
    <Stack
      component="li"
      direction="row"
      spacing={1}
      sx={{ borderTop: 1, borderColor: 'divider', pt: 1.5, alignItems: 'flex-start' }}
    >
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography variant="h3" sx={{ overflowWrap: 'anywhere' }}>
          {token.name}
        </Typography>
        <Typography variant="body2" sx={{ overflowWrap: 'anywhere' }}>
          {token.scopes.map((scope) => scopeLabels[scope]).join('; ')}
        </Typography>
        <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
          Created <DateTime iso={token.createdAt} dayOnly />,{' '}
          {token.expiresAt ? (
            <>
              expires <DateTime iso={token.expiresAt} dayOnly />
            </>
          ) : (
            'never expires'
          )}
          ,{' '}
          {token.lastUsedAt ? (
            <>
              last used <DateTime iso={token.lastUsedAt} />
              {token.lastUsedIp && ` from ${token.lastUsedIp}`}
            </>
          ) : (
            'not used yet'
          )}
        </Typography>
      </Box>
      <Button
        size="small"
        color="error"
        variant="outlined"
        onClick={onRevoke}
        aria-label={`Revoke the token ${token.name}`}
      >
        Revoke
      </Button>
    </Stack>
  );
}
