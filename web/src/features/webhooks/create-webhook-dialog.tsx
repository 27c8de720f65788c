import { useMutation } from '@apollo/client/react';
import { Checkbox, FormControl, FormControlLabel, FormGroup, FormLabel, TextField } from '@mui/material';
import { useState } from 'react';
import type { WebhookEvent } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { choosableEvents, eventLabels } from './event-labels.js';

const createWebhookMutation = graphql(`
  mutation CreateWebhook($input: CreateWebhookInput!) {
    createWebhook(input: $input) {
      webhook {
        id
      }
      secret
      userErrors {
        code
        message
      }
    }
  }
`);

interface CreateWebhookDialogProps {
  onCreated: (secret: string) => void;
  onClose: () => void;
}

/** Creates a webhook; its secret goes to the page that opened the dialog. */
export function CreateWebhookDialog({ onCreated, onClose }: CreateWebhookDialogProps) {
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<readonly WebhookEvent[]>(choosableEvents);
  const [create, mutation] = useMutation(createWebhookMutation, {
    onCompleted: ({ createWebhook: { secret } }) => {
      if (secret != null) onCreated(secret);
    },
  });
  const choose = (event: WebhookEvent, isChosen: boolean) =>
    setEvents(choosableEvents.filter((known) => (known === event ? isChosen : events.includes(known))));
  const submit = () => {
    const input = { name, url: url.trim(), events: events.slice() };
    void create({ variables: { input } }).catch(() => undefined);
  };
  return (
    <FormDialog
      title="New webhook"
      action="Create"
      disabled={events.length === 0}
      mutation={mutation}
      userErrors={mutation.data?.createWebhook.userErrors}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        autoFocus
        helperText="The program that receives the messages."
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label="Address"
        required
        placeholder="https://hooks.example.org/cytograph"
        helperText="On one of the hosts that the server allows."
        value={url}
        onChange={(event) => setUrl(event.target.value)}
      />
      <FormControl component="fieldset">
        <FormLabel component="legend">Send a message when</FormLabel>
        <FormGroup>
          {choosableEvents.map((event) => (
            <FormControlLabel
              key={event}
              control={
                <Checkbox
                  checked={events.includes(event)}
                  onChange={({ target }) => choose(event, target.checked)}
                />
              }
              label={eventLabels[event]}
            />
          ))}
        </FormGroup>
      </FormControl>
    </FormDialog>
  );
}
