import { useMutation } from '@apollo/client/react';
import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack } from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { Problem } from '../../ui/problem.js';
import { SourceField } from '../../ui/source-field.js';
import { UserErrors } from '../../ui/user-errors.js';
import { type ModelChoice, TargetFields } from '../predictions/target-fields.js';

const classifyFolderMutation = graphql(`
  mutation ClassifyFolder($input: ClassifyFolderInput!) {
    classifyFolder(input: $input) {
      bulkClassification {
        ...Bulk
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** Says which folder is to be classified and by whom, and leads to its page. */
export function ClassifyFolderDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [source, setSource] = useState('');
  const [caseReference, setCaseReference] = useState('');
  const [choice, setChoice] = useState<ModelChoice>({ modelName: null, modelVersionId: null });
  const [classify, { data, error, loading }] = useMutation(classifyFolderMutation, {
    onCompleted: ({ classifyFolder }) => {
      const { bulkClassification } = classifyFolder;
      if (bulkClassification) void navigate(`/folders/${bulkClassification.id}`);
    },
  });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const input = { ...choice, source: source.trim(), caseReference: caseReference.trim() || null };
    void classify({ variables: { input } }).catch(() => undefined);
  };

  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby="classify-folder-title">
      <DialogForm onSubmit={submit}>
        <DialogTitle id="classify-folder-title">Classify a folder</DialogTitle>
        <DialogContent>
          <Stack spacing={2} sx={{ pt: 1 }}>
            <SourceField autoFocus hint="Its sub-folders are read too." value={source} onChange={setSource} />
            <TargetFields
              caseReference={caseReference}
              onCaseReference={setCaseReference}
              choice={choice}
              onChoice={setChoice}
            />
            <UserErrors errors={data?.classifyFolder.userErrors} />
            {error && <Problem error={error} />}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" loading={loading}>
            Classify
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
