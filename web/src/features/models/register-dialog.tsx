import { useMutation } from '@apollo/client/react';
import { LinearProgress, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { ArtifactDrop } from './artifact-drop.js';
import { requiredFiles } from './artifact-files.js';

const registerMutation = graphql(`
  mutation RegisterModelVersion($files: [Upload!]!, $input: RegisterModelVersionInput!) {
    registerModelVersion(files: $files, input: $input) {
      modelVersion {
        id
      }
      userErrors {
        code
        field
        message
      }
    }
  }
`);

interface RegisterDialogProps {
  /** The model of the new version. Null: the user enters its name. */
  modelName: string | null;
  onClose: () => void;
}

/** Registers a version that was trained elsewhere, then opens its page. */
export function RegisterDialog({ modelName, onClose }: RegisterDialogProps) {
  const navigate = useNavigate();
  const [name, setName] = useState(modelName ?? '');
  const [description, setDescription] = useState('');
  const [modelCard, setModelCard] = useState('');
  const [files, setFiles] = useState<File[]>([]);
  const [sent, setSent] = useState(0);
  const [register, mutation] = useMutation(registerMutation, {
    onCompleted: ({ registerModelVersion }) => {
      const { modelVersion } = registerModelVersion;
      if (modelVersion) void navigate(`/model-versions/${modelVersion.id}`);
    },
  });
  const isComplete = requiredFiles.every((required) => files.some((file) => file.name === required));
  const errors = mutation.data?.registerModelVersion.userErrors.map(({ field, message }) => ({
    message: field?.[0] === 'files' && field[1] ? `${field[1]}: ${message}` : message,
  }));

  const submit = () => {
    setSent(0);
    const input = {
      modelName: name.trim(),
      description: description.trim() || null,
      modelCard: modelCard.trim() || null,
    };
    void register({ variables: { files, input }, context: { uploadProgress: setSent } }).catch(
      () => undefined,
    );
  };

  return (
    <FormDialog
      title={modelName === null ? 'Register a model trained elsewhere' : `Register a version of ${modelName}`}
      action="Register"
      disabled={!isComplete}
      mutation={mutation}
      userErrors={errors}
      onSubmit={submit}
      onClose={onClose}
    >
      <ArtifactDrop
        files={files}
        onFiles={(next) => {
          setFiles(next);
          mutation.reset();
        }}
      />
      {modelName === null && (
        <TextField
          label="Model"
          required
          helperText="An existing name adds a version to that model. A new name creates a model."
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      <TextField
        label="Description (optional)"
        helperText="One line, shown next to the version’s name."
        value={description}
        onChange={(event) => setDescription(event.target.value)}
        slotProps={{ htmlInput: { maxLength: 1000 } }}
      />
      <TextField
        label="Model card (optional)"
        multiline
        minRows={3}
        maxRows={10}
        helperText="Markdown. Describe the training data, the metrics and the limitations."
        value={modelCard}
        onChange={(event) => setModelCard(event.target.value)}
      />
      {mutation.loading && <Registering sent={sent} />}
    </FormDialog>
  );
}

/** @param sent the fraction of the files that has been sent, 0 to 1 */
function Registering({ sent }: { sent: number }) {
  const isSending = sent < 1;
  return (
    <div role="status">
      <Typography variant="body2" color="textSecondary">
        {isSending
          ? 'Uploading the files …'
          : 'Checking the files, exporting the network to ONNX, running a test image …'}
      </Typography>
      <LinearProgress
        aria-label="Registration"
        variant={isSending ? 'determinate' : 'indeterminate'}
        value={sent * 100}
        sx={{ mt: 0.5 }}
      />
    </div>
  );
}
