import { useMutation } from '@apollo/client/react';
import { Typography } from '@mui/material';
import type { ModelStandingFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { ReasonDialog } from '../../ui/reason-dialog.js';

const rollbackMutation = graphql(`
  mutation RollbackModel($input: RollbackModelInput!) {
    rollbackModel(input: $input) {
      ...PromotionResult
    }
  }
`);

interface RollbackDialogProps {
  model: ModelStandingFragment;
  onClose: () => void;
}

/** Rolls the champion back to the previous one. */
export function RollbackDialog({ model, onClose }: RollbackDialogProps) {
  const [rollBack, mutation] = useMutation(rollbackMutation, {
    onCompleted: ({ rollbackModel }) => {
      if (rollbackModel.promotion) onClose();
    },
  });
  return (
    <ReasonDialog
      title={`Roll back the champion of ${model.name}`}
      hint="Why the rollback is necessary. Stored in the promotion history."
      action="Roll back"
      color="error"
      mutation={mutation}
      userErrors={mutation.data?.rollbackModel.userErrors}
      onSubmit={(reason) =>
        void rollBack({ variables: { input: { modelName: model.name, reason } } }).catch(() => undefined)
      }
      onClose={onClose}
    >
      <Typography>
        {model.champion
          ? `Version ${model.champion.version} is the current champion. The last champion before it that is still ready will classify all images from now on, for all users.`
          : 'The model has no champion now. The last champion that is still ready will classify all images from now on, for all users.'}
      </Typography>
    </ReasonDialog>
  );
}
