import { useMutation } from '@apollo/client/react';
import { Typography } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { CaseField } from './case-field.js';

const moveToCaseMutation = graphql(`
  mutation MoveToCase($input: MoveToCaseInput!) {
    moveToCase(input: $input) {
      predictions {
        id
        caseReference
        case {
          id
          state
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface MoveDialogProps {
  predictionId: string;
  /** Whether the prediction is a cell of a field, which moves as a whole. */
  isOfField: boolean;
  onClose: () => void;
}

/** Moves the image of a prediction to another case, or to a case if it has none. */
export function MoveDialog({ predictionId, isOfField, onClose }: MoveDialogProps) {
  const [reference, setReference] = useState('');
  const [move, mutation] = useMutation(moveToCaseMutation, {
    onCompleted: ({ moveToCase }) => {
      if (moveToCase.userErrors.length === 0) onClose();
    },
  });
  const input = { predictionIds: [predictionId], caseReference: reference };
  return (
    <FormDialog
      title="Move to another case"
      action="Move"
      disabled={reference.trim() === ''}
      mutation={mutation}
      userErrors={mutation.data?.moveToCase.userErrors}
      onSubmit={() => void move({ variables: { input } }).catch(() => undefined)}
      onClose={onClose}
    >
      <CaseField value={reference} onChange={setReference} autoFocus />
      <Typography variant="body2" color="textSecondary">
        {isOfField && 'The whole field moves, with all of its cells. '}
        Reviews stay with their cells. The audit trail records the move.
      </Typography>
    </FormDialog>
  );
}
