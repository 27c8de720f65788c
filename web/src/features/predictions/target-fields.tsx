import { useQuery } from '@apollo/client/react';
import { Alert, Link, MenuItem, Stack, TextField } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { useViewer } from '../../session/viewer.js';
import { Problem } from '../../ui/problem.js';
import { ChosenCaseField } from '../cases/chosen-case-field.js';
import { PictureField } from './picture-field.js';
import { SiteField } from './site-field.js';
import type { TargetChoice } from './target-choice.js';

const modelChoicesQuery = graphql(`
  query ModelChoices {
    models {
      id
      name
      champion {
        id
        version
      }
      versions(first: 50) {
        edges {
          node {
            id
            version
            status
          }
        }
      }
    }
  }
`);

interface TargetFieldsProps {
  choice: TargetChoice;
  onChoice: (choice: TargetChoice) => void;
}

/** The chosen case, the model, the kind of picture and (for users with several sites) the site of the next files. */
export function TargetFields({ choice, onChoice }: TargetFieldsProps) {
  const { data, error, refetch } = useQuery(modelChoicesQuery, { fetchPolicy: 'cache-and-network' });
  const { sites, seesAllSites } = useViewer();
  const models = data?.models ?? [];
  const options = models.flatMap(({ name, champion, versions }) => [
    ...(champion
      ? [{ value: `model:${name}`, text: `${name}: champion (version ${champion.version})` }]
      : []),
    ...versions.edges
      .filter(({ node }) => node.status === 'READY' && node.id !== champion?.id)
      .map(({ node }) => ({ value: `version:${node.id}`, text: `${name}: version ${node.version}` })),
  ]);
  const hasNoChampion = data !== undefined && !models.some(({ champion }) => champion);

  const choose = (value: string) => {
    const [kind, rest = ''] = splitOnce(value);
    onChoice({
      ...choice,
      modelName: kind === 'model' ? rest : null,
      modelVersionId: kind === 'version' ? rest : null,
    });
  };
  const value =
    choice.modelVersionId !== null
      ? `version:${choice.modelVersionId}`
      : choice.modelName !== null
        ? `model:${choice.modelName}`
        : '';

  return (
    <Stack spacing={2}>
      {error && <Problem error={error} retry={() => void refetch()} />}
      {hasNoChampion && (
        <Alert severity="warning">
          No model has a champion yet, so images cannot be classified. Promote a version to champion under{' '}
          <Link component={RouterLink} to="/models">
            Models
          </Link>
          .
        </Alert>
      )}
      {sites?.length === 0 && seesAllSites === false && (
        <Alert severity="warning">
          You have no site, so you cannot classify images. Ask an administrator to give you a site.
        </Alert>
      )}
      <Stack direction={{ xs: 'column', sm: 'row' }} spacing={2}>
        <ChosenCaseField />
        <TextField
          select
          label="Model"
          value={options.some((option) => option.value === value) ? value : ''}
          onChange={(event) => choose(event.target.value)}
          sx={{ flex: 1 }}
          slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
        >
          <MenuItem value="">Default: current champion</MenuItem>
          {options.map((option) => (
            <MenuItem key={option.value} value={option.value}>
              {option.text}
            </MenuItem>
          ))}
        </TextField>
        <PictureField picture={choice.picture} onPicture={(picture) => onChoice({ ...choice, picture })} />
      </Stack>
      {sites && sites.length > 1 && (
        <SiteField
          sites={sites}
          siteId={choice.siteId}
          onSite={(siteId) => onChoice({ ...choice, siteId })}
        />
      )}
    </Stack>
  );
}

function splitOnce(value: string): [string, string?] {
  const at = value.indexOf(':');
  return at < 0 ? [value] : [value.slice(0, at), value.slice(at + 1)];
}
