import { useMutation } from '@apollo/client/react';
import { Typography } from '@mui/material';
import type { ModelAlias } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { aliasLabels } from '../../ui/labels.js';
import { ReasonDialog } from '../../ui/reason-dialog.js';

const retireMutation = graphql(`
  mutation RetireModelVersion($input: RetireModelVersionInput!) {
    retireModelVersion(input: $input) {
      ...PromotionResult
    }
  }
`);

const consequences: Record<ModelAlias, string> = {
  CHAMPION: 'The model will refuse images until another version is promoted to champion.',
  CHALLENGER: 'The version will no longer run beside the champion. Its recorded results are kept.',
};

interface RetireDialogProps {
  version: { id: string; version: number; model: { name: string } };
  alias: ModelAlias;
  onClose: () => void;
}

/** Removes an alias from a version without giving it to another version. */
export function RetireDialog({ version, alias, onClose }: RetireDialogProps) {
  const [retire, mutation] = useMutation(retireMutation, {
    onCompleted: ({ retireModelVersion }) => {
      if (retireModelVersion.promotion) onClose();
    },
  });
  const aliasName = aliasLabels[alias].toLowerCase();
  return (
    <ReasonDialog
      title={`Retire ${version.model.name} version ${version.version} as ${aliasName}`}
      hint={`Why it should no longer be ${aliasName}. Stored in the promotion history.`}
      action="Retire"
      color="error"
      mutation={mutation}
      userErrors={mutation.data?.retireModelVersion.userErrors}
      onSubmit={(reason) =>
        void retire({ variables: { input: { modelVersionId: version.id, alias, reason } } }).catch(
          () => undefined,
        )
      }
      onClose={onClose}
    >
      <Typography>{consequences[alias]}</Typography>
    </ReasonDialog>
  );
}
