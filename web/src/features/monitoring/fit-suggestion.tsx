import { Alert, Button, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { FitSuggestionFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';

export const fitSuggestionFragment = graphql(`
  fragment FitSuggestion on FitSuggestion {
    reasons
    modelVersion {
      id
      version
    }
  }
`);

/** Why the champion should be fitted to this laboratory, with a link to the form. */
export function FitSuggestion({
  suggestion: { reasons, modelVersion },
}: {
  suggestion: FitSuggestionFragment;
}) {
  const mayTrain = useMay('train');
  return (
    <Alert
      severity="warning"
      action={
        mayTrain && (
          <Button color="inherit" component={RouterLink} to={`/model-versions/${modelVersion.id}/fit`}>
            Fit
          </Button>
        )
      }
    >
      <Stack spacing={0.5}>
        <Typography variant="body2">
          Version {modelVersion.version} may not suit this laboratory. Fitting it to reviewed cells may help.
        </Typography>
        {reasons.map((reason) => (
          <Typography key={reason} variant="body2">
            {reason}
          </Typography>
        ))}
      </Stack>
    </Alert>
  );
}
