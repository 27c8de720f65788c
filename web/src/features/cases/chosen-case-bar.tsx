import { useApolloClient } from '@apollo/client/react';
import { Button, Stack, Typography } from '@mui/material';
import { useNavigate } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { referenceOf, useChosenCase } from '../../session/chosen-case.js';

const chosenCaseQuery = graphql(`
  query ChosenCase($reference: String!) {
    case(reference: $reference) {
      id
    }
  }
`);

/** The chosen case in the title bar, with the buttons to open and close it. Nothing before the user has chosen. */
export function ChosenCaseBar() {
  const [chosen, choose] = useChosenCase();
  const client = useApolloClient();
  const navigate = useNavigate();
  if (!chosen) return null;
  const reference = referenceOf(chosen);

  /** A case without images does not exist yet, and several sites can have one with the reference. */
  const open = async (wanted: string) => {
    const { data } = await client
      .query({ query: chosenCaseQuery, variables: { reference: wanted }, fetchPolicy: 'network-only' })
      .catch(() => ({ data: undefined }));
    await navigate(
      data?.case ? `/cases/${data.case.id}` : `/cases?${new URLSearchParams({ search: wanted })}`,
    );
  };
  return (
    <Stack
      direction="row"
      role="group"
      aria-label="Chosen case"
      sx={{ alignItems: 'center', minWidth: 0, gap: 0.5 }}
    >
      {reference === null ? (
        <Typography variant="body2" noWrap>
          No case
        </Typography>
      ) : (
        <Button
          color="inherit"
          size="small"
          onClick={() => void open(reference)}
          sx={{ textTransform: 'none', minWidth: 0 }}
        >
          <Typography variant="body2" component="span" noWrap sx={{ maxWidth: { xs: 96, sm: 240 } }}>
            Case {reference}
          </Typography>
        </Button>
      )}
      <Button
        color="inherit"
        size="small"
        variant="outlined"
        onClick={() => choose(null)}
        sx={{ whiteSpace: 'nowrap' }}
      >
        {reference === null ? 'Ask again' : 'Close case'}
      </Button>
    </Stack>
  );
}
