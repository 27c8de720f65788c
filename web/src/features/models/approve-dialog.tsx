import { useMutation } from '@apollo/client/react';
import { Typography } from '@mui/material';
import { graphql } from '../../graphql/index.js';
import { ReasonDialog } from '../../ui/reason-dialog.js';

const approveMutation = graphql(`
  mutation ApprovePromotion($input: ApprovePromotionInput!) {
    approvePromotion(input: $input) {
      approval {
        id
        modelVersion {
          id
          approvals {
            ...Approval
          }
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface ApproveDialogProps {
  version: { id: string; version: number; model: { name: string } };
  onClose: () => void;
}

/** Records a second person's approval of a version as champion. */
export function ApproveDialog({ version, onClose }: ApproveDialogProps) {
  const [approve, mutation] = useMutation(approveMutation, {
    onCompleted: ({ approvePromotion }) => {
      if (approvePromotion.approval) onClose();
    },
  });
  return (
    <ReasonDialog
      title={`Approve ${version.model.name} version ${version.version} as champion`}
      label="What you checked"
      hint="Stored with your name in the promotion history. At least 10 characters."
      action="Approve"
      mutation={mutation}
      userErrors={mutation.data?.approvePromotion.userErrors}
      onSubmit={(comment) =>
        void approve({ variables: { input: { modelVersionId: version.id, comment } } }).catch(() => undefined)
      }
      onClose={onClose}
    >
      <Typography>
        Your approval lets another person promote this version in place of the current champion within a week.
        To promote it yourself, you need the approval of another person.
      </Typography>
    </ReasonDialog>
  );
}
