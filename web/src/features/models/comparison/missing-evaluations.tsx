import { useMutation } from '@apollo/client/react';
import { Alert, Button, Stack, Typography } from '@mui/material';
import type { ComparedVersionFragment, CompareVersionsInput } from '../../../graphql/graphql.js';
import { graphql } from '../../../graphql/index.js';
import { useMay } from '../../../session/viewer.js';
import { Problem } from '../../../ui/problem.js';
import { UserErrors } from '../../../ui/user-errors.js';

const evaluateAllMutation = graphql(`
  mutation EvaluateModelVersions($input: EvaluateModelVersionsInput!) {
    evaluateModelVersions(input: $input) {
      evaluations {
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

interface MissingEvaluationsProps {
  input: CompareVersionsInput;
  versions: readonly ComparedVersionFragment[];
  /** Called after evaluations were started. */
  onStarted: () => void;
}

/** Which versions cannot be compared yet and why, with a button that evaluates them. Empty if none is missing. */
export function MissingEvaluations({ input, versions, onStarted }: MissingEvaluationsProps) {
  const mayEvaluate = useMay('evaluate models');
  const [evaluate, { loading, error, data }] = useMutation(evaluateAllMutation, {
    variables: { input },
    onCompleted: onStarted,
  });
  const missing = versions.filter((version) => version.missing !== null);
  if (missing.length === 0) return null;
  return (
    <Stack spacing={1}>
      <Alert
        severity="info"
        action={
          mayEvaluate && (
            <Button
              color="inherit"
              loading={loading}
              onClick={() => void evaluate().catch(() => undefined)}
              sx={{ minWidth: 'max-content' }}
            >
              Evaluate all on this snapshot
            </Button>
          )
        }
        sx={{ flexWrap: 'wrap' }}
      >
        {missing.map(({ modelVersion, missing: reason, usedInTrainingCount }) => (
          <Typography key={modelVersion.id} variant="body2">
            Version {modelVersion.version}: {reason}
            {usedInTrainingCount > 0 &&
              ` It was trained or fitted on ${usedInTrainingCount.toLocaleString()} of the images.`}
          </Typography>
        ))}
      </Alert>
      <UserErrors errors={data?.evaluateModelVersions.userErrors} />
      {Boolean(error) && <Problem error={error} />}
    </Stack>
  );
}
