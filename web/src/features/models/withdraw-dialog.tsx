import { useMutation } from '@apollo/client/react';
import { Typography } from '@mui/material';
import type { ApprovalFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { ReasonDialog } from '../../ui/reason-dialog.js';

const withdrawMutation = graphql(`
  mutation WithdrawApproval($input: WithdrawApprovalInput!) {
    withdrawApproval(input: $input) {
      approval {
        ...Approval
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface WithdrawDialogProps {
  approval: ApprovalFragment;
  onClose: () => void;
}

/** Withdraws an approval that has not been used. */
export function WithdrawDialog({ approval, onClose }: WithdrawDialogProps) {
  const [withdraw, mutation] = useMutation(withdrawMutation, {
    onCompleted: ({ withdrawApproval }) => {
      if (withdrawApproval.approval) onClose();
    },
  });
  return (
    <ReasonDialog
      title={`Withdraw the approval of ${approval.approvedBy.displayName}`}
      hint="Why the approval should no longer count. Stored with your name. At least 10 characters."
      action="Withdraw"
      color="error"
      mutation={mutation}
      userErrors={mutation.data?.withdrawApproval.userErrors}
      onSubmit={(reason) =>
        void withdraw({ variables: { input: { approvalId: approval.id, reason } } }).catch(() => undefined)
      }
      onClose={onClose}
    >
      <Typography>
        The approval stays in the history, but it no longer allows a change of the champion.
      </Typography>
    </ReasonDialog>
  );
}
