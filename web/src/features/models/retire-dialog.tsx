import { useMutation, useQuery } from '@apollo/client/react';
import { MenuItem, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import type { ModelAlias } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { aliasLabels } from '../../ui/labels.js';
import { Problem } from '../../ui/problem.js';
import { ReasonDialog } from '../../ui/reason-dialog.js';
import { useMay } from '../../session/viewer.js';
import { PromotionChecks, usePromotionChecks } from './promotion-checks.js';

const retireMutation = graphql(`
  mutation RetireModelVersion($input: RetireModelVersionInput!) {
    retireModelVersion(input: $input) {
      ...PromotionResult
    }
  }
`);

const successorsQuery = graphql(`
  query Successors($modelName: String!) {
    model(name: $modelName) {
      id
      versions(first: 100) {
        edges {
          node {
            id
            version
            status
            aliases
          }
        }
      }
    }
  }
`);

interface RetireDialogProps {
  version: { id: string; version: number; model: { name: string } };
  alias: ModelAlias;
  onClose: () => void;
}

/** Removes an alias from a version. A champion gets a successor; only an administrator may leave the model without a champion. */
export function RetireDialog({ version, alias, onClose }: RetireDialogProps) {
  const mayLeaveNone = useMay('override gates') || alias === 'CHALLENGER';
  const [successorId, setSuccessorId] = useState<string | null>(null);
  const checks = usePromotionChecks(successorId, alias);
  const [retire, mutation] = useMutation(retireMutation, {
    onCompleted: ({ retireModelVersion }) => {
      if (retireModelVersion.promotion) onClose();
    },
  });
  const submit = (reason: string) => {
    const input = { modelVersionId: version.id, alias, reason, successorId };
    void retire({ variables: { input } }).catch(() => undefined);
  };
  const aliasName = aliasLabels[alias].toLowerCase();
  return (
    <ReasonDialog
      title={`Retire ${version.model.name} version ${version.version} as ${aliasName}`}
      hint={`Why it should no longer be ${aliasName}. Stored in the promotion history. At least 10 characters.`}
      action="Retire"
      color="error"
      disabled={successorId === null && !mayLeaveNone}
      mutation={mutation}
      userErrors={mutation.data?.retireModelVersion.userErrors}
      onSubmit={submit}
      onClose={onClose}
    >
      {alias === 'CHALLENGER' ? (
        <Typography>
          The version will no longer run beside the champion. Its recorded results are kept.
        </Typography>
      ) : (
        <>
          <SuccessorField
            version={version}
            mayLeaveNone={mayLeaveNone}
            successorId={successorId}
            onChange={setSuccessorId}
          />
          <PromotionChecks checks={checks} />
          {checks.anyFails && (
            <Typography variant="body2" color="textSecondary">
              The successor will be refused while a check fails.
            </Typography>
          )}
        </>
      )}
    </ReasonDialog>
  );
}

interface SuccessorFieldProps {
  version: RetireDialogProps['version'];
  mayLeaveNone: boolean;
  successorId: string | null;
  onChange: (successorId: string | null) => void;
}

/** Chooses the version that becomes champion instead, or, for an administrator, none. */
function SuccessorField({ version, mayLeaveNone, successorId, onChange }: SuccessorFieldProps) {
  const { data, error, refetch } = useQuery(successorsQuery, {
    variables: { modelName: version.model.name },
    fetchPolicy: 'network-only',
  });
  const versions = data?.model?.versions.edges.map(({ node }) => node) ?? [];
  const successors = versions.filter(({ id, status }) => id !== version.id && status === 'READY');
  const consequence =
    successorId !== null
      ? 'The successor classifies all images from now on.'
      : mayLeaveNone
        ? 'Without a successor, the model refuses images until a version is promoted or the model is rolled back. The promotion policy may require that another person approves the retirement first.'
        : 'Choose a successor. Only an administrator may leave the model without a champion.';
  return (
    <>
      {error && <Problem error={error} retry={() => void refetch()} />}
      <TextField
        select
        label="Successor"
        value={successorId ?? ''}
        helperText={
          data && successors.length === 0
            ? `The model has no other ready version. ${consequence}`
            : consequence
        }
        onChange={(event) => onChange(event.target.value || null)}
        slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
      >
        <MenuItem value="">
          {mayLeaveNone ? 'None: leave the model without a champion' : 'Not chosen'}
        </MenuItem>
        {successors.map(({ id, version: number, aliases }) => (
          <MenuItem key={id} value={id}>
            Version {number}
            {aliases.map((each) => ` (${aliasLabels[each].toLowerCase()})`)}
          </MenuItem>
        ))}
      </TextField>
    </>
  );
}
