import { useMutation } from '@apollo/client/react';
import { Typography } from '@mui/material';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';

const deleteMutation = graphql(`
  mutation DeleteWebhook($id: ID!) {
    deleteWebhook(id: $id) {
      deletedId
      userErrors {
        code
        message
      }
    }
  }
`);

interface DeleteWebhookDialogProps {
  webhook: { id: string; name: string };
  onClose: () => void;
  onDeleted: () => void;
}

/** Asks for confirmation, then deletes a webhook. */
export function DeleteWebhookDialog({ webhook, onClose, onDeleted }: DeleteWebhookDialogProps) {
  const [remove, mutation] = useMutation(deleteMutation, {
    onCompleted: ({ deleteWebhook }) => {
      if (deleteWebhook.deletedId != null) onDeleted();
    },
  });
  return (
    <FormDialog
      title={`Delete the webhook ${webhook.name}`}
      action="Delete"
      color="error"
      mutation={mutation}
      userErrors={mutation.data?.deleteWebhook.userErrors}
      onSubmit={() => void remove({ variables: { id: webhook.id } }).catch(() => undefined)}
      onClose={onClose}
    >
      <Typography>
        Its secret and its list of messages are deleted too, and messages that wait are not sent. This cannot
        be undone. To stop messages for a time, switch the webhook off.
      </Typography>
    </FormDialog>
  );
}
