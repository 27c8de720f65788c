import { useApolloClient, useQuery } from '@apollo/client/react';
import { Alert, Button, Stack } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { Facts } from '../../ui/facts.js';
import { roleLabels } from '../../ui/labels.js';
import { Loaded } from '../../ui/loaded.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { ChangePasswordDialog } from './change-password-dialog.js';
import { linkedIdentity } from './linked-identity.js';
import { sitesOfPerson } from './sites-of-person.js';
import { SecondFactorSection } from './second-factor-section.js';
import { SessionsSection } from './sessions-section.js';
import { TokensSection } from './tokens-section.js';

const myAccountQuery = graphql(`
  query MyAccount {
    viewer {
      ...Person
    }
  }
`);

/** The viewer's own account: password, authenticator app, sessions and API tokens. */
export function MyAccountPage() {
  const client = useApolloClient();
  const query = useQuery(myAccountQuery, { fetchPolicy: 'cache-and-network' });
  const [changingPassword, setChangingPassword] = useState(false);
  const [changed, setChanged] = useState(false);
  return (
    <Page title="My account">
      <Loaded query={query} content={query.data?.viewer ?? undefined} rows={3} height={140}>
        {(viewer) => (
          <Stack spacing={2}>
            {changed && (
              <Alert severity="success">Your password has been changed. All other sessions were ended.</Alert>
            )}
            <Section
              title={viewer.displayName}
              actions={
                linkedIdentity(viewer) ? undefined : (
                  <Button onClick={() => setChangingPassword(true)}>Change password</Button>
                )
              }
            >
              <Facts
                facts={[
                  ['E-mail', viewer.email],
                  ['Roles', viewer.roles.map((role) => roleLabels[role]).join(', ')],
                  ['Sites', sitesOfPerson(viewer)],
                  ['Added', <DateTime key="added" iso={viewer.createdAt} />],
                  [
                    'Last signed in',
                    viewer.lastSignedInAt && <DateTime key="last" iso={viewer.lastSignedInAt} />,
                  ],
                ]}
              />
            </Section>
            {!linkedIdentity(viewer) && (
              <SecondFactorSection
                hasSecondFactor={viewer.hasSecondFactor ?? false}
                onChanged={() => void query.refetch()}
              />
            )}
            <SessionsSection />
            <TokensSection />
            {changingPassword && (
              <ChangePasswordDialog
                email={viewer.email}
                onClose={() => setChangingPassword(false)}
                onChanged={() => {
                  setChangingPassword(false);
                  setChanged(true);
                  void client.refetchQueries({ include: ['Sessions', 'ApiTokens'] });
                }}
              />
            )}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}
