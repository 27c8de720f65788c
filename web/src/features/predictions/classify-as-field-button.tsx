import { useMutation } from '@apollo/client/react';
import { Button, Stack } from '@mui/material';
import { useNavigate } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';

const classifyAsFieldMutation = graphql(`
  mutation ClassifyPredictionAsField($input: ClassifyPredictionAsFieldInput!) {
    classifyPredictionAsField(input: $input) {
      field {
        id
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** A button that classifies each cell of a prediction's stored image, and opens the field. */
export function ClassifyAsFieldButton({ predictionId }: { predictionId: string }) {
  const navigate = useNavigate();
  const [classify, { data, error, loading }] = useMutation(classifyAsFieldMutation, {
    onCompleted: ({ classifyPredictionAsField: { field } }) => {
      if (field) void navigate(`/fields/${field.id}`);
    },
  });
  return (
    <Stack spacing={1} sx={{ alignItems: 'flex-start' }}>
      <Button
        variant="outlined"
        loading={loading}
        onClick={() => void classify({ variables: { input: { predictionId } } }).catch(() => undefined)}
      >
        Classify as a field
      </Button>
      <UserErrors errors={data?.classifyPredictionAsField.userErrors} />
      {error && <Problem error={error} />}
    </Stack>
  );
}
