import { useMutation } from '@apollo/client/react';
import { TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { useViewer } from '../../session/viewer.js';
import { FormDialog } from '../../ui/form-dialog.js';

const signReportMutation = graphql(`
  mutation SignReport($input: SignReportInput!) {
    signReport(input: $input) {
      case {
        ...ReportToSign
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface SignDialogProps {
  caseId: string;
  /** Names what the user has read. */
  digest: string;
  /** The number of the version that the signature makes. */
  version: number;
  onSigned: () => void;
  onClose: () => void;
}

/** Asks for the password again and signs the report. */
export function SignDialog({ caseId, digest, version, onSigned, onClose }: SignDialogProps) {
  const { email, displayName } = useViewer();
  const [password, setPassword] = useState('');
  const [sign, mutation] = useMutation(signReportMutation, {
    onCompleted: ({ signReport }) => {
      if (signReport.userErrors.length === 0) onSigned();
    },
  });
  return (
    <FormDialog
      title={version === 1 ? 'Sign the report' : `Sign the amended report, version ${version}`}
      action="Sign"
      disabled={password === ''}
      mutation={mutation}
      userErrors={mutation.data?.signReport.userErrors}
      onSubmit={() =>
        void sign({ variables: { input: { caseId, digest, password } } }).catch(() => undefined)
      }
      onClose={onClose}
    >
      <Typography>
        You sign as {displayName}. What the report says now is kept unchanged, with the differential, the
        chosen cells and their reviews. Later changes need an amended report.
      </Typography>
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      <TextField
        label="Your password"
        type="password"
        autoComplete="current-password"
        required
        autoFocus
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        helperText="People who sign in with an identity provider have no password here and cannot sign."
      />
    </FormDialog>
  );
}
