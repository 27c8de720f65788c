import { useMutation, useQuery } from '@apollo/client/react';
import { Button, Link, Stack, Typography } from '@mui/material';
import { Link as RouterLink, useNavigate } from 'react-router';
import type { StartSecondLookInput } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { count } from '../../ui/format.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';

const secondLooksQuery = graphql(`
  query SecondLooks($modelVersionId: ID!) {
    secondLooks(modelVersionId: $modelVersionId) {
      id
      createdAt
      cellCount
      doneCount
    }
  }
`);

const startSecondLookMutation = graphql(`
  mutation StartSecondLook($input: StartSecondLookInput!) {
    startSecondLook(input: $input) {
      secondLook {
        id
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** Starts a second look at the labels that a fit would use, and lists the earlier ones of the version. */
export function SecondLooks({ input }: { input: StartSecondLookInput }) {
  const navigate = useNavigate();
  const { data } = useQuery(secondLooksQuery, {
    variables: { modelVersionId: input.modelVersionId },
    fetchPolicy: 'cache-and-network',
  });
  const [start, mutation] = useMutation(startSecondLookMutation, {
    variables: { input },
    onCompleted: ({ startSecondLook }) => {
      if (startSecondLook.secondLook) void navigate(`/second-looks/${startSecondLook.secondLook.id}`);
    },
  });
  return (
    <Stack spacing={1}>
      <Stack direction="row" useFlexGap spacing={1.5} sx={{ alignItems: 'center', flexWrap: 'wrap' }}>
        <Button
          variant="outlined"
          loading={mutation.loading}
          onClick={() => void start().catch(() => undefined)}
        >
          Look at the labels again
        </Button>
        <Typography variant="body2" color="textSecondary" sx={{ flex: 1, minWidth: '14rem' }}>
          A reviewer labels cells again without seeing their labels: as many where label and model agree as
          cells where they differ. The fit uses the final labels, and leaves out cells whose reviewers differ.
        </Typography>
      </Stack>
      <UserErrors errors={mutation.data?.startSecondLook.userErrors} />
      {mutation.error && <Problem error={mutation.error} />}
      {data?.secondLooks.map(({ id, createdAt, cellCount, doneCount }) => (
        <Typography key={id} variant="body2">
          <Link component={RouterLink} to={`/second-looks/${id}`}>
            Second look, <DateTime iso={createdAt} />
          </Link>
          : {doneCount} of {count(cellCount, 'cell')} labelled again
        </Typography>
      ))}
    </Stack>
  );
}
