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

/** A second person's word that a version may become the champion. */
export function ApproveDialog({ version, onClose }: ApproveDialogProps) {
  const [approve, mutation] = useMutation(approveMutation, {
    onCompleted: ({ approvePromotion }) => {
      if (approvePromotion.approval) onClose();
    },
  });
  return (
    <ReasonDialog
      title={`Approve ${version.model.name} version ${version.version} as champion`}
      label="What you looked at"
      hint="Kept with your name, for those who ask later: at least ten characters."
      action="Approve"
      mutation={mutation}
      userErrors={mutation.data?.approvePromotion.userErrors}
      onSubmit={(comment) =>
        void approve({ variables: { input: { modelVersionId: version.id, comment } } }).catch(() => undefined)
      }
      onClose={onClose}
    >
      <Typography>
        Somebody else can promote it on your word, in place of the present champion, within a week. Promoting
        it yourself needs the approval of another person.
      </Typography>
    </ReasonDialog>
  );
}
