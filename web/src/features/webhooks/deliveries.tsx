import { useMutation } from '@apollo/client/react';
import {
  Box,
  Button,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Typography,
} from '@mui/material';
import { forScreenReaders } from '../../ui/for-screen-readers.js';
import type { WebhookDeliveryRowFragment, WebhookDeliveryStatus } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';
import { eventLabels } from './event-labels.js';

export const webhookDeliveryRowFragment = graphql(`
  fragment WebhookDeliveryRow on WebhookDelivery {
    id
    event
    status
    createdAt
    tries
    nextTryAt
    responseStatus
    responseMs
    error
  }
`);

const resendMutation = graphql(`
  mutation ResendWebhookDelivery($id: ID!) {
    resendWebhookDelivery(id: $id) {
      delivery {
        ...WebhookDeliveryRow
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const statusLabels: Record<WebhookDeliveryStatus, string> = {
  WAITING: 'Waiting',
  DELIVERED: 'Delivered',
  FAILED: 'Failed',
};

interface DeliveriesProps {
  /** The newest first. */
  deliveries: readonly WebhookDeliveryRowFragment[];
  totalCount: number;
  onResent: () => void;
}

/** The last messages to a webhook. Each can be sent again. */
export function Deliveries({ deliveries, totalCount, onResent }: DeliveriesProps) {
  const [resend, { data, error }] = useMutation(resendMutation, { onCompleted: onResent });
  if (deliveries.length === 0)
    return <Typography variant="body2">No messages in the last 30 days.</Typography>;
  return (
    <>
      <TableContainer>
        <Table size="small" aria-label="Messages">
          <TableHead>
            <TableRow>
              <TableCell>Created</TableCell>
              <TableCell>Event</TableCell>
              <TableCell>Status</TableCell>
              <TableCell>Tries</TableCell>
              <TableCell>Response</TableCell>
              <TableCell>
                <Box component="span" sx={forScreenReaders}>
                  Actions
                </Box>
              </TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {deliveries.map((delivery) => (
              <TableRow key={delivery.id}>
                <TableCell>
                  <DateTime iso={delivery.createdAt} />
                </TableCell>
                <TableCell>{eventLabels[delivery.event]}</TableCell>
                <TableCell>
                  {statusLabels[delivery.status]}
                  {delivery.nextTryAt && delivery.tries > 0 && (
                    <>
                      , next try <DateTime iso={delivery.nextTryAt} />
                    </>
                  )}
                </TableCell>
                <TableCell>{delivery.tries}</TableCell>
                <TableCell>{responseOf(delivery)}</TableCell>
                <TableCell>
                  {delivery.tries > 0 && (
                    <Button
                      size="small"
                      onClick={() => void resend({ variables: { id: delivery.id } }).catch(() => undefined)}
                    >
                      Send again
                    </Button>
                  )}
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
      {totalCount > deliveries.length && (
        <Typography variant="body2" color="textSecondary">
          The newest {deliveries.length} of {totalCount.toLocaleString()} messages.
        </Typography>
      )}
      <UserErrors errors={data?.resendWebhookDelivery.userErrors} />
      {error && <Problem error={error} />}
    </>
  );
}

/** 'Status 204 after 12 ms', or why the last try failed. */
function responseOf({ responseStatus, responseMs, error }: WebhookDeliveryRowFragment): string {
  if (error != null) return error;
  if (responseStatus == null) return '';
  return `Status ${responseStatus} after ${Math.round(responseMs ?? 0).toLocaleString()} ms`;
}
