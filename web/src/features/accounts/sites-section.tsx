import { useMutation, useQuery } from '@apollo/client/react';
import { Button, Stack, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { Loaded } from '../../ui/loaded.js';
import { Section } from '../../ui/section.js';
import { sitesQuery } from './sites-query.js';

const createSiteMutation = graphql(`
  mutation CreateSite($input: CreateSiteInput!) {
    createSite(input: $input) {
      site {
        id
        name
      }
      userErrors {
        code
        message
      }
    }
  }
`);
const renameSiteMutation = graphql(`
  mutation RenameSite($input: RenameSiteInput!) {
    renameSite(input: $input) {
      site {
        id
        name
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface NamedSite {
  id: string;
  name: string;
}

/** The wards and laboratories, for administrators: a list, and ways to add and rename one. */
export function SitesSection() {
  const query = useQuery(sitesQuery, { fetchPolicy: 'cache-and-network' });
  const [chosen, setChosen] = useState<NamedSite | 'new' | null>(null);
  const close = () => setChosen(null);
  const done = () => {
    close();
    void query.refetch();
  };
  return (
    <Section
      title="Sites"
      hint="Wards or laboratories. People who do not see all sites see only what was classified at theirs."
      actions={
        <Button variant="outlined" onClick={() => setChosen('new')}>
          Add a site
        </Button>
      }
    >
      <Loaded query={query} content={query.data?.sites} rows={1} height={40}>
        {(sites) =>
          sites.length === 0 ? (
            <Typography variant="body2" color="textSecondary">
              No sites: everyone sees all predictions.
            </Typography>
          ) : (
            <Stack component="ul" spacing={0.5} sx={{ listStyle: 'none', p: 0, m: 0 }}>
              {sites.map((site) => (
                <Stack
                  key={site.id}
                  component="li"
                  direction="row"
                  spacing={1}
                  sx={{ alignItems: 'center', justifyContent: 'space-between' }}
                >
                  <Typography sx={{ overflowWrap: 'anywhere' }}>{site.name}</Typography>
                  <Button size="small" onClick={() => setChosen(site)} aria-label={`Rename ${site.name}`}>
                    Rename
                  </Button>
                </Stack>
              ))}
            </Stack>
          )
        }
      </Loaded>
      {chosen === 'new' && <AddSiteDialog onDone={done} onClose={close} />}
      {chosen !== null && chosen !== 'new' && (
        <RenameSiteDialog site={chosen} onDone={done} onClose={close} />
      )}
    </Section>
  );
}

interface DialogProps {
  onDone: () => void;
  onClose: () => void;
}

function AddSiteDialog({ onDone, onClose }: DialogProps) {
  const [name, setName] = useState('');
  const [create, mutation] = useMutation(createSiteMutation, {
    onCompleted: ({ createSite: { site } }) => site && onDone(),
  });
  return (
    <FormDialog
      title="Add a site"
      action="Add"
      mutation={mutation}
      userErrors={mutation.data?.createSite.userErrors}
      onSubmit={() => void create({ variables: { input: { name } } }).catch(() => undefined)}
      onClose={onClose}
    >
      <Typography variant="body2">
        People keep seeing all sites until you limit them. A site cannot be removed.
      </Typography>
      <NameField name={name} onName={setName} />
    </FormDialog>
  );
}

function RenameSiteDialog({ site, onDone, onClose }: DialogProps & { site: NamedSite }) {
  const [name, setName] = useState(site.name);
  const [rename, mutation] = useMutation(renameSiteMutation, {
    onCompleted: ({ renameSite }) => renameSite.site && onDone(),
  });
  return (
    <FormDialog
      title={`Rename ${site.name}`}
      action="Rename"
      mutation={mutation}
      userErrors={mutation.data?.renameSite.userErrors}
      onSubmit={() => void rename({ variables: { input: { siteId: site.id, name } } }).catch(() => undefined)}
      onClose={onClose}
    >
      <NameField name={name} onName={setName} />
    </FormDialog>
  );
}

function NameField({ name, onName }: { name: string; onName: (name: string) => void }) {
  return (
    <TextField
      label="Name"
      required
      autoFocus
      value={name}
      onChange={(event) => onName(event.target.value)}
      slotProps={{ htmlInput: { maxLength: 100 } }}
    />
  );
}
