import { useMutation } from '@apollo/client/react';
import { TextField } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';

const commentOnCaseMutation = graphql(`
  mutation CommentOnCase($input: CommentOnCaseInput!) {
    commentOnCase(input: $input) {
      case {
        ...CaseListEntry
        comment
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface CommentDialogProps {
  caseId: string;
  comment: string;
  onClose: () => void;
}

/** Changes or removes the comment of a case. */
export function CommentDialog({ caseId, comment, onClose }: CommentDialogProps) {
  const [text, setText] = useState(comment);
  const [save, mutation] = useMutation(commentOnCaseMutation, {
    onCompleted: ({ commentOnCase }) => {
      if (commentOnCase.userErrors.length === 0) onClose();
    },
  });
  const submit = () => void save({ variables: { input: { caseId, comment: text } } }).catch(() => undefined);
  return (
    <FormDialog
      title="Comment on the case"
      action="Save"
      mutation={mutation}
      userErrors={mutation.data?.commentOnCase.userErrors}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Comment"
        value={text}
        onChange={(event) => setText(event.target.value)}
        multiline
        minRows={3}
        autoFocus
        helperText="Empty: no comment."
        slotProps={{ htmlInput: { maxLength: 2000 } }}
      />
    </FormDialog>
  );
}
