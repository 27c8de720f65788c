import { useMutation } from '@apollo/client/react';
import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  LinearProgress,
  Stack,
  TextField,
  Typography,
} from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';
import { ArtifactDrop } from './artifact-drop.js';
import { neededFiles } from './artifact-files.js';

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
  /** The model that it becomes a version of; null: one that is still to be named. */
  modelName: string | null;
  onClose: () => void;
}

/** Takes in a version that was trained elsewhere, and leads to its page. */
export function RegisterDialog({ modelName, onClose }: RegisterDialogProps) {
  const navigate = useNavigate();
  const [name, setName] = useState(modelName ?? '');
  const [description, setDescription] = useState('');
  const [modelCard, setModelCard] = useState('');
  const [files, setFiles] = useState<File[]>([]);
  const [sent, setSent] = useState(0);
  const [register, { data, error, loading, reset }] = useMutation(registerMutation, {
    onCompleted: ({ registerModelVersion }) => {
      const { modelVersion } = registerModelVersion;
      if (modelVersion) void navigate(`/model-versions/${modelVersion.id}`);
    },
  });
  const isComplete = neededFiles.every((needed) => files.some((file) => file.name === needed));
  const errors = data?.registerModelVersion.userErrors.map(({ field, message }) => ({
    message: field?.[0] === 'files' && field[1] ? `${field[1]}: ${message}` : message,
  }));

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
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
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby="register-title">
      <DialogForm onSubmit={submit}>
        <DialogTitle id="register-title">
          {modelName === null ? 'Register a model trained elsewhere' : `Register a version of ${modelName}`}
        </DialogTitle>
        <DialogContent>
          <Stack spacing={2} sx={{ pt: 1 }}>
            <ArtifactDrop
              files={files}
              onFiles={(next) => {
                setFiles(next);
                reset();
              }}
            />
            {modelName === null && (
              <TextField
                label="Model"
                required
                helperText="A model that is there gets its next version; a new name makes a new model."
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
            <TextField
              label="Description (optional)"
              helperText="One line, shown beside the version's name."
              value={description}
              onChange={(event) => setDescription(event.target.value)}
              slotProps={{ htmlInput: { maxLength: 1000 } }}
            />
            <TextField
              label="Model card (optional)"
              multiline
              minRows={3}
              maxRows={10}
              helperText="Markdown: the data it learned from, its figures, its limits."
              value={modelCard}
              onChange={(event) => setModelCard(event.target.value)}
            />
            {loading && <Registering sent={sent} />}
            <UserErrors errors={errors} />
            {error && <Problem error={error} />}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" loading={loading} disabled={!isComplete}>
            Register
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}

/** @param sent the part of the files that has left, 0…1 */
function Registering({ sent }: { sent: number }) {
  const isSending = sent < 1;
  return (
    <div role="status">
      <Typography variant="body2" color="textSecondary">
        {isSending
          ? 'Sending the files …'
          : 'Checking digests and layers, exporting the network, having it answer …'}
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
