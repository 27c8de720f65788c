import { useQuery } from '@apollo/client/react';
import { Button } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { EmptyState } from '../../ui/empty-state.js';
import { AddIcon } from '../../ui/icons.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Page } from '../../ui/page.js';
import { usePolling } from '../../ui/use-polling.js';
import { ShownOnce } from '../accounts/shown-once.js';
import { CreateWebhookDialog } from './create-webhook-dialog.js';
import { WebhookCard } from './webhook-card.js';

const webhooksQuery = graphql(`
  query Webhooks {
    webhooks {
      ...WebhookCard
    }
  }
`);

/** The webhooks of the server, with their last messages, for administrators. */
export function WebhooksPage() {
  const query = useQuery(webhooksQuery, { fetchPolicy: 'cache-and-network' });
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const webhooks = query.data?.webhooks;
  const isWaiting = webhooks?.some(({ deliveries }) =>
    deliveries.edges.some(({ node }) => node.status === 'WAITING'),
  );
  usePolling(isWaiting ?? false, query.refetch);
  return (
    <Page
      title="Webhooks"
      above={[{ title: 'People', path: '/people' }]}
      subtitle="Signed messages to other programs about models and training. They contain nothing about cases."
      actions={
        <Button variant="contained" startIcon={<AddIcon />} onClick={() => setCreating(true)}>
          New webhook
        </Button>
      }
    >
      <LoadedList
        query={query}
        items={webhooks}
        rows={2}
        empty={<EmptyState title="No webhooks">No program gets messages yet.</EmptyState>}
      >
        {(webhook) => (
          <WebhookCard
            key={webhook.id}
            webhook={webhook}
            onSecret={setSecret}
            onChanged={() => void query.refetch()}
          />
        )}
      </LoadedList>
      {creating && (
        <CreateWebhookDialog
          onClose={() => setCreating(false)}
          onCreated={(created) => {
            setCreating(false);
            setSecret(created);
            void query.refetch();
          }}
        />
      )}
      {secret !== null && (
        <ShownOnce title="Secret of the webhook" secrets={[secret]} onClose={() => setSecret(null)}>
          The receiver checks the signature of each message with this secret.
        </ShownOnce>
      )}
    </Page>
  );
}
