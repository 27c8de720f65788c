import { useMutation } from '@apollo/client/react';
import { Typography } from '@mui/material';
import { graphql } from '../../graphql/index.js';
import { ReasonDialog } from '../../ui/reason-dialog.js';

const archiveMutation = graphql(`
  mutation ArchiveModelVersion($input: ArchiveModelVersionInput!) {
    archiveModelVersion(input: $input) {
      modelVersion {
        id
        status
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface ArchiveDialogProps {
  version: { id: string; version: number; model: { name: string } };
  onClose: () => void;
}

/** Puts a version away for good. */
export function ArchiveDialog({ version, onClose }: ArchiveDialogProps) {
  const [archive, mutation] = useMutation(archiveMutation, {
    onCompleted: ({ archiveModelVersion }) => {
      if (archiveModelVersion.modelVersion) onClose();
    },
  });
  return (
    <ReasonDialog
      title={`Archive ${version.model.name} version ${version.version}`}
      hint="Kept in the audit trail: say why nobody should use it any more."
      action="Archive"
      color="error"
      mutation={mutation}
      userErrors={mutation.data?.archiveModelVersion.userErrors}
      onSubmit={(reason) =>
        void archive({ variables: { input: { modelVersionId: version.id, reason } } }).catch(() => undefined)
      }
      onClose={onClose}
    >
      <Typography>
        It can never be promoted again, nor asked by its id. Its files, its evaluations and all that it
        answered stay where they are.
      </Typography>
    </ReasonDialog>
  );
}
