import { useMutation } from '@apollo/client/react';
import { Typography } from '@mui/material';
import type { ModelAlias } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { nameOfAlias } from './alias-chips.js';
import { ReasonDialog } from '../../ui/reason-dialog.js';

const retireMutation = graphql(`
  mutation RetireModelVersion($input: RetireModelVersionInput!) {
    retireModelVersion(input: $input) {
      promotion {
        id
        model {
          ...ModelStanding
        }
        from {
          id
          aliases
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const consequences: Record<ModelAlias, string> = {
  CHAMPION: 'Nobody answers for the model until another version is promoted: images are turned away.',
  CHALLENGER: 'It shadows the champion no longer. What it said so far stays recorded.',
};

interface RetireDialogProps {
  version: { id: string; version: number; model: { name: string } };
  alias: ModelAlias;
  onClose: () => void;
}

/** Takes a version's part away and gives it to nobody. */
export function RetireDialog({ version, alias, onClose }: RetireDialogProps) {
  const [retire, mutation] = useMutation(retireMutation, {
    onCompleted: ({ retireModelVersion }) => {
      if (retireModelVersion.promotion) onClose();
    },
  });
  const part = nameOfAlias[alias].toLowerCase();
  return (
    <ReasonDialog
      title={`Retire ${version.model.name} version ${version.version} as ${part}`}
      hint="Kept with the promotions: say why it should no longer play this part."
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
