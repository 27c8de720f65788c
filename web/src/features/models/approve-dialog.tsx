import { useMutation } from '@apollo/client/react';
import { Typography } from '@mui/material';
import { graphql } from '../../graphql/index.js';
import { ReasonDialog } from '../../ui/reason-dialog.js';

const approvePromotionMutation = graphql(`
  mutation ApprovePromotion($input: ApprovePromotionInput!) {
    approval: approvePromotion(input: $input) {
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

const approveRetirementMutation = graphql(`
  mutation ApproveRetirement($input: ApprovePromotionInput!) {
    approval: approveRetirement(input: $input) {
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
  /** What is approved: that the version becomes champion, or that it is retired as champion without a successor. */
  kind: 'PROMOTION' | 'RETIREMENT';
  onClose: () => void;
}

const texts = {
  PROMOTION: {
    purpose: 'as champion',
    consequence:
      'Your approval lets another person promote this version in place of the current champion within a week. To promote it yourself, you need the approval of another person. People who trained, fitted or registered the version cannot approve it.',
  },
  RETIREMENT: {
    purpose: 'for retirement',
    consequence:
      'Your approval lets an administrator retire this champion without a successor within a week. The model then refuses images.',
  },
};

/** Records a second person's approval of a change of the champion. */
export function ApproveDialog({ version, kind, onClose }: ApproveDialogProps) {
  const [approve, mutation] = useMutation(
    kind === 'PROMOTION' ? approvePromotionMutation : approveRetirementMutation,
    {
      onCompleted: ({ approval }) => {
        if (approval.approval) onClose();
      },
    },
  );
  return (
    <ReasonDialog
      title={`Approve ${version.model.name} version ${version.version} ${texts[kind].purpose}`}
      label="What you checked"
      hint="Stored with your name in the promotion history. At least 10 characters."
      action="Approve"
      mutation={mutation}
      userErrors={mutation.data?.approval.userErrors}
      onSubmit={(comment) =>
        void approve({ variables: { input: { modelVersionId: version.id, comment } } }).catch(() => undefined)
      }
      onClose={onClose}
    >
      <Typography>{texts[kind].consequence}</Typography>
    </ReasonDialog>
  );
}
