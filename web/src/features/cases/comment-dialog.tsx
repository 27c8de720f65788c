import { useApolloClient, useMutation } from '@apollo/client/react';
import { Alert, TextField } from '@mui/material';
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
  /** The present comment. */
  comment: string;
  onClose: () => void;
}

/**
 * Changes or removes the comment of a case. If somebody else has changed it since the dialog was opened, nothing is saved before the user
 * has seen the new comment.
 */
export function CommentDialog({ caseId, comment, onClose }: CommentDialogProps) {
  const client = useApolloClient();
  const [before] = useState(comment);
  const [text, setText] = useState(comment);
  const [save, mutation] = useMutation(commentOnCaseMutation, {
    onCompleted: ({ commentOnCase: { userErrors } }) => {
      if (userErrors.length === 0) onClose();
      if (userErrors.some(({ code }) => code === 'CONFLICT'))
        void client.refetchQueries({ include: ['CasePage'] });
    },
  });
  const input = { caseId, comment: text, replaces: comment };
  const submit = () => void save({ variables: { input } }).catch(() => undefined);
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
      {comment !== before && (
        <Alert severity="warning">
          {comment === ''
            ? 'Somebody else has removed the comment. “Save” adds yours.'
            : `Somebody else has changed the comment to “${comment}”. “Save” replaces it with yours.`}
        </Alert>
      )}
    </FormDialog>
  );
}
