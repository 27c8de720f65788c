import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { SourceField } from '../../ui/source-field.js';
import { useCaseFor } from '../cases/use-case-for.js';
import { DEFAULT_TARGET, type TargetChoice } from '../predictions/target-choice.js';
import { TargetFields } from '../predictions/target-fields.js';

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

const imageKinds = { automatic: 'AUTOMATIC', cell: 'CELL', field: 'FIELD' } as const;

/** Starts the classification of a folder, then opens its page. */
export function ClassifyFolderDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [source, setSource] = useState('');
  const [choice, setChoice] = useState<TargetChoice>(DEFAULT_TARGET);
  const [classify, mutation] = useMutation(classifyFolderMutation, {
    onCompleted: ({ classifyFolder }) => {
      const { bulkClassification } = classifyFolder;
      if (bulkClassification) void navigate(`/folders/${bulkClassification.id}`);
    },
  });

  const [submit, askForCase] = useCaseFor((_folder: null, caseReference) => {
    const { picture, ...target } = choice;
    const input = {
      ...target,
      imageKind: imageKinds[picture],
      source: source.trim(),
      caseReference,
    };
    void classify({ variables: { input } }).catch(() => undefined);
  });

  return (
    <FormDialog
      title="Classify a folder"
      action="Classify"

      mutation={mutation}
      userErrors={mutation.data?.classifyFolder.userErrors}
      onSubmit={() => submit(null)}
      onClose={onClose}
    >
      <SourceField autoFocus hint="Subfolders are included." value={source} onChange={setSource} />
      <TargetFields choice={choice} onChoice={setChoice} />
      {askForCase}
    </FormDialog>
  );
}
