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

/** Archives a version permanently. */
export function ArchiveDialog({ version, onClose }: ArchiveDialogProps) {
  const [archive, mutation] = useMutation(archiveMutation, {
    onCompleted: ({ archiveModelVersion }) => {
      if (archiveModelVersion.modelVersion) onClose();
    },
  });
  return (
    <ReasonDialog
      title={`Archive ${version.model.name} version ${version.version}`}
      hint="Why this version should no longer be used. Stored in the audit log. At least 10 characters."
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
        An archived version cannot be promoted or used for classification any more. Its files, evaluations and
        predictions are kept. This cannot be undone.
      </Typography>
    </ReasonDialog>
  );
}
