import { useQuery } from '@apollo/client/react';
import { Box, Button, Link, Paper, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { graphql } from '../../graphql/index.js';
import type { PersonFragment } from '../../graphql/graphql.js';
import { useMay } from '../../session/viewer.js';
import { DateTime } from '../../ui/date-time.js';
import { EmptyState } from '../../ui/empty-state.js';
import { AddIcon } from '../../ui/icons.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Page } from '../../ui/page.js';
import { AddPersonDialog } from './add-person-dialog.js';
import { signInMethodsQuery } from './sign-in-methods-query.js';
import { PersonState } from './person-state.js';
import { sitesOfPerson } from './sites-of-person.js';
import { SitesSection } from './sites-section.js';
import { ShownOnce } from './shown-once.js';

const peopleQuery = graphql(`
  query People {
    users {
      ...Person
    }
  }
`);

/** Everyone with an account, and the way to add somebody. */
export function PeoplePage() {
  const mayManage = useMay('manage users');
  const query = useQuery(peopleQuery, { fetchPolicy: 'cache-and-network' });
  const methods = useQuery(signInMethodsQuery).data?.signInMethods;
  const [adding, setAdding] = useState(false);
  const [added, setAdded] = useState<{ email: string; oneTimePassword: string } | null>(null);
  return (
    <Page
      title="People"
      subtitle={
        methods?.provider
          ? `Everyone who can sign in, and what they may do. Others get access through their groups at ${methods.provider.name}.`
          : 'Everyone who can sign in, and what they may do.'
      }
      actions={
        mayManage && (
          <>
            <Button component={RouterLink} to="/webhooks">
              Webhooks
            </Button>
            {methods?.builtInAccounts && (
              <Button variant="contained" startIcon={<AddIcon />} onClick={() => setAdding(true)}>
                Add a person
              </Button>
            )}
          </>
        )
      }
    >
      <Stack spacing={2}>
        <LoadedList
          query={query}
          items={query.data?.users}
          empty={<EmptyState title="No people">Add one.</EmptyState>}
        >
          {(person) => <PersonCard key={person.id} person={person} />}
        </LoadedList>
        {mayManage && <SitesSection />}
      </Stack>
      {adding && (
        <AddPersonDialog
          onClose={() => setAdding(false)}
          onAdded={(person) => {
            setAdding(false);
            setAdded(person);
            void query.refetch();
          }}
        />
      )}
      {added && (
        <ShownOnce title="One-time password" secrets={[added.oneTimePassword]} onClose={() => setAdded(null)}>
          Give this password to {added.email}. It works once: after signing in, they choose their own.
        </ShownOnce>
      )}
    </Page>
  );
}

function PersonCard({ person }: { person: PersonFragment }) {
  const sites = sitesOfPerson(person);
  return (
    <Paper component="li" sx={{ p: 2 }}>
      <Box
        sx={{
          display: 'flex',
          flexWrap: 'wrap',
          gap: 1,
          justifyContent: 'space-between',
          alignItems: 'center',
        }}
      >
        <Box sx={{ minWidth: 0 }}>
          <Typography variant="h2" sx={{ overflowWrap: 'anywhere' }}>
            <Link component={RouterLink} to={`/people/${person.id}`}>
              {person.displayName}
            </Link>
          </Typography>
          <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
            {person.email} · {sites && `Sites: ${sites} · `}
            {person.lastSignedInAt ? (
              <>
                last signed in <DateTime iso={person.lastSignedInAt} />
              </>
            ) : (
              'has never signed in'
            )}
          </Typography>
        </Box>
        <PersonState person={person} />
      </Box>
    </Paper>
  );
}
