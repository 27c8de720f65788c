import { Checkbox, ListItemText, MenuItem, Stack, TextField } from '@mui/material';
import type { ComparisonChoicesQuery } from '../../../graphql/graphql.js';
import { count } from '../../../ui/format.js';
import { aliasLabels } from '../../../ui/labels.js';
import { Section } from '../../../ui/section.js';

export const MOST_COMPARED = 6;

interface ComparisonChoicesProps {
  choices: ComparisonChoicesQuery;
  versionIds: readonly string[];
  snapshotId: string;
  onVersions: (ids: string[]) => void;
  onSnapshot: (id: string) => void;
}

/** The fields that choose the versions and the snapshot. */
export function ComparisonChoices({
  choices,
  versionIds,
  snapshotId,
  onVersions,
  onSnapshot,
}: ComparisonChoicesProps) {
  const versions = (choices.model?.versions.edges ?? []).map(({ node }) => node);
  const snapshots = choices.datasetSnapshots.edges
    .map(({ node }) => node)
    .filter(({ status }) => status === 'READY');
  const nameOf = (id: string) => `Version ${versions.find((version) => version.id === id)?.version ?? '?'}`;
  return (
    <Section
      title="What to compare"
      hint={`Choose 2 to ${MOST_COMPARED} versions and one snapshot. The others are compared with the first version. Figures of different snapshots cannot be compared.`}
    >
      <Stack direction={{ xs: 'column', sm: 'row' }} spacing={2}>
        <TextField
          select
          label="Versions"
          fullWidth
          value={[...versionIds]}
          onChange={({ target: { value } }) => {
            // The type of a select does not know that this one has several values.
            const ids: unknown = value;
            if (Array.isArray(ids)) onVersions(ids.map(String).slice(0, MOST_COMPARED));
          }}
          slotProps={{
            select: {
              multiple: true,
              renderValue: (value) => (Array.isArray(value) ? value.map(String).map(nameOf).join(', ') : ''),
            },
          }}
        >
          {versions.map(({ id, version, aliases }) => (
            <MenuItem
              key={id}
              value={id}
              disabled={!versionIds.includes(id) && versionIds.length >= MOST_COMPARED}
            >
              <Checkbox checked={versionIds.includes(id)} tabIndex={-1} />
              <ListItemText
                primary={`Version ${version}`}
                secondary={aliases.map((alias) => aliasLabels[alias]).join(', ')}
              />
            </MenuItem>
          ))}
        </TextField>
        <TextField
          select
          label="Snapshot"
          fullWidth
          value={snapshots.some(({ id }) => id === snapshotId) ? snapshotId : ''}
          helperText={snapshots.length === 0 ? 'No snapshot is ready yet.' : undefined}
          onChange={(event) => onSnapshot(event.target.value)}
        >
          {snapshots.map(({ id, name, version, itemCount }) => (
            <MenuItem key={id} value={id}>
              {name} version {version} ({count(itemCount, 'image')})
            </MenuItem>
          ))}
        </TextField>
      </Stack>
    </Section>
  );
}
