import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import type { PersonFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { type ChosenSites, SiteFields } from './site-fields.js';

const setUserSitesMutation = graphql(`
  mutation SetUserSites($input: SetUserSitesInput!) {
    setUserSites(input: $input) {
      ...UserResult
    }
  }
`);

/** Changes the sites of a person. */
export function SitesDialog({ person, onClose }: { person: PersonFragment; onClose: () => void }) {
  const [chosen, setChosen] = useState<ChosenSites>({
    siteIds: person.sites?.map(({ id }) => id) ?? [],
    seesAllSites: person.seesAllSites ?? false,
  });
  const [set, mutation] = useMutation(setUserSitesMutation, {
    onCompleted: ({ setUserSites: { user } }) => user && onClose(),
  });
  const input = { userId: person.id, seesAllSites: chosen.seesAllSites, siteIds: [...chosen.siteIds] };
  return (
    <FormDialog
      title={`Sites of ${person.displayName}`}
      action="Save"
      mutation={mutation}
      userErrors={mutation.data?.setUserSites.userErrors}
      onSubmit={() => void set({ variables: { input } }).catch(() => undefined)}
      onClose={onClose}
    >
      <SiteFields roles={person.roles} value={chosen} onChange={setChosen} />
    </FormDialog>
  );
}
