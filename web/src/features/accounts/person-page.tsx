import { useQuery } from '@apollo/client/react';
import { Stack } from '@mui/material';
import { useParams } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { useMay, useViewer } from '../../session/viewer.js';
import { DateTime } from '../../ui/date-time.js';
import { Facts } from '../../ui/facts.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { IdentityRequest } from './identity-request.js';
import { linkedIdentity } from './linked-identity.js';
import { PersonActions } from './person-actions.js';
import { PersonState } from './person-state.js';
import { sitesOfPerson } from './sites-of-person.js';
import { SessionsSection } from './sessions-section.js';
import { TokensSection } from './tokens-section.js';

const personQuery = graphql(`
  query PersonById($id: ID!) {
    node(id: $id) {
      __typename
      ... on User {
        ...Person
      }
    }
  }
`);

const list = { title: 'People', path: '/people' };

/** One person's account: roles, password, sessions and tokens. */
export function PersonPage() {
  const { id = '' } = useParams();
  const isOwn = useViewer().id === id;
  const mayManage = useMay('manage users');
  const query = useQuery(personQuery, { variables: { id }, fetchPolicy: 'cache-and-network' });
  const node = query.data?.node;
  const person = node?.__typename === 'User' ? node : node === undefined ? undefined : null;
  return (
    <LoadedPage query={query} item={person} kind="Person" list={list}>
      {(person) => (
        <Page title={person.displayName} above={[list]} subtitle={<PersonState person={person} />}>
          <Stack spacing={2}>
            <Section
              title="Account"
              hint={
                isOwn && mayManage
                  ? 'This is your own account. Change your password on the page My account.'
                  : undefined
              }
            >
              <Facts
                facts={[
                  ['E-mail', person.email],
                  ['Sites', sitesOfPerson(person)],
                  ['Added', <DateTime key="added" iso={person.createdAt} />],
                  [
                    'Last signed in',
                    person.lastSignedInAt ? <DateTime iso={person.lastSignedInAt} /> : 'Never',
                  ],
                  ['Disabled', person.disabledAt && <DateTime key="disabled" iso={person.disabledAt} />],
                  [
                    'Authenticator app',
                    linkedIdentity(person) ? null : person.hasSecondFactor ? 'Set up' : 'Not set up',
                  ],
                  ['Signs in with', linkedIdentity(person)?.issuer ?? 'A password'],
                ]}
              />
              {mayManage &&
                person.identities
                  ?.filter(({ linkedAt }) => linkedAt === null)
                  .map((identity) => (
                    <IdentityRequest
                      key={identity.id}
                      person={person}
                      identity={identity}
                      onLinked={() => void query.refetch()}
                    />
                  ))}
              {mayManage && (
                <PersonActions person={person} isOwn={isOwn} onChanged={() => void query.refetch()} />
              )}
            </Section>
            {mayManage && (
              <>
                <SessionsSection key={`sessions ${person.id}`} userId={person.id} />
                <TokensSection key={`tokens ${person.id}`} userId={person.id} />
              </>
            )}
          </Stack>
        </Page>
      )}
    </LoadedPage>
  );
}
