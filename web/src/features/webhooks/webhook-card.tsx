import { useMutation } from '@apollo/client/react';
import { Button, Paper, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import type { WebhookCardFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';
import { DeleteWebhookDialog } from './delete-webhook-dialog.js';
import { Deliveries } from './deliveries.js';
import { eventLabels } from './event-labels.js';

export const webhookCardFragment = graphql(`
  fragment WebhookCard on Webhook {
    id
    name
    url
    events
    enabled
    deliveries(first: 10) {
      totalCount
      edges {
        node {
          ...WebhookDeliveryRow
        }
      }
    }
  }
`);

const updateMutation = graphql(`
  mutation UpdateWebhook($input: UpdateWebhookInput!) {
    updateWebhook(input: $input) {
      webhook {
        id
        enabled
      }
      secret
      userErrors {
        code
        message
      }
    }
  }
`);
const testMutation = graphql(`
  mutation TestWebhook($id: ID!) {
    testWebhook(id: $id) {
      userErrors {
        code
        message
      }
    }
  }
`);

interface WebhookCardProps {
  webhook: WebhookCardFragment;
  /** Called with a new secret. */
  onSecret: (secret: string) => void;
  onChanged: () => void;
}

/** One webhook: where its messages go, what they report, and the last ones. */
export function WebhookCard({ webhook, onSecret, onChanged }: WebhookCardProps) {
  const { id, name, url, events, enabled, deliveries } = webhook;
  const [update, updating] = useMutation(updateMutation, {
    onCompleted: ({ updateWebhook: { secret } }) => {
      if (secret != null) onSecret(secret);
    },
  });
  const [test, testing] = useMutation(testMutation, { onCompleted: onChanged });
  const [isDeleting, setIsDeleting] = useState(false);
  const error = updating.error ?? testing.error;
  const change = (input: { enabled?: boolean; renewSecret?: boolean }) =>
    void update({ variables: { input: { webhookId: id, ...input } } }).catch(() => undefined);
  return (
    <Paper component="li" sx={{ p: 2 }}>
      <Stack spacing={1}>
        <Typography variant="h2" sx={{ overflowWrap: 'anywhere' }}>
          {name}
          {!enabled && ' (off)'}
        </Typography>
        <Typography variant="body2">
          <Code>{url}</Code>
        </Typography>
        <Typography variant="body2" color="textSecondary">
          {events.map((event) => eventLabels[event]).join('; ')}
        </Typography>
        <Stack direction="row" useFlexGap spacing={1} sx={{ flexWrap: 'wrap' }}>
          <Button
            size="small"
            variant="outlined"
            onClick={() => void test({ variables: { id } }).catch(() => undefined)}
          >
            Send a test
          </Button>
          <Button size="small" variant="outlined" onClick={() => change({ enabled: !enabled })}>
            {enabled ? 'Switch off' : 'Switch on'}
          </Button>
          <Button size="small" variant="outlined" onClick={() => change({ renewSecret: true })}>
            Renew the secret
          </Button>
          <Button
            size="small"
            variant="outlined"
            color="error"
            aria-label={`Delete the webhook ${name}`}
            onClick={() => setIsDeleting(true)}
          >
            Delete
          </Button>
        </Stack>
        <UserErrors errors={testing.data?.testWebhook.userErrors} />
        {error && <Problem error={error} />}
        <Deliveries
          deliveries={deliveries.edges.map(({ node }) => node)}
          totalCount={deliveries.totalCount}
          onResent={onChanged}
        />
      </Stack>
      {isDeleting && (
        <DeleteWebhookDialog
          webhook={webhook}
          onClose={() => setIsDeleting(false)}
          onDeleted={() => {
            setIsDeleting(false);
            onChanged();
          }}
        />
      )}
    </Paper>
  );
}
