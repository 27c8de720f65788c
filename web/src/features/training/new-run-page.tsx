import { useMutation, useQuery } from '@apollo/client/react';
import { Autocomplete, Button, Link, MenuItem, Paper, Stack, TextField } from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import { Link as RouterLink, useNavigate, useSearchParams } from 'react-router';
import type { ParameterInput } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, readable } from '../../ui/format.js';
import { Loaded } from '../../ui/loaded.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';
import { AcknowledgeWarnings } from './acknowledge-warnings.js';
import { ParameterFields } from './parameter-fields.js';
import { trainingChoicesQuery } from './training-choices.js';
import { useWarnings } from './use-warnings.js';

const startTrainingMutation = graphql(`
  mutation StartTraining($input: StartTrainingInput!) {
    startTraining(input: $input) {
      trainingRun {
        id
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** The form that starts a training run. */
export function NewRunPage() {
  const query = useQuery(trainingChoicesQuery, { fetchPolicy: 'network-only' });
  return (
    <Page title="New training run" above={[{ title: 'Training', path: '/training' }]}>
      <Loaded query={query} content={query.data} rows={4} height={56}>
        {({ datasetSnapshots, models }) => {
          const snapshots = datasetSnapshots.edges
            .map(({ node }) => node)
            .filter(({ status }) => status === 'READY');
          return snapshots.length === 0 ? (
            <EmptyState title="No snapshot is ready for training">
              Create a snapshot under{' '}
              <Link component={RouterLink} to="/datasets">
                Datasets
              </Link>{' '}
              first.
            </EmptyState>
          ) : (
            <NewRunForm snapshots={snapshots} modelNames={models.map(({ name }) => name)} />
          );
        }}
      </Loaded>
    </Page>
  );
}

interface Snapshot {
  id: string;
  name: string;
  version: number;
  itemCount: number;
  labelCounts: { label: string; count: number }[];
}

function NewRunForm({ snapshots, modelNames }: { snapshots: Snapshot[]; modelNames: string[] }) {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const requested = snapshots.find(({ id }) => id === search.get('snapshot'));
  const [snapshot, setSnapshot] = useState(requested ?? snapshots[0]);
  const [modelName, setModelName] = useState('');
  const [positiveLabel, setPositiveLabel] = useState('');
  const [epochs, setEpochs] = useState('');
  const [seed, setSeed] = useState('');
  const [members, setMembers] = useState('');
  const [parameters, setParameters] = useState<ParameterInput[]>([]);
  const [start, { data, error, loading }] = useMutation(startTrainingMutation, {
    onCompleted: ({ startTraining }) => {
      if (startTraining.trainingRun) void navigate(`/training/${startTraining.trainingRun.id}`);
    },
  });
  const labels = snapshot?.labelCounts ?? [];
  const warnings = useWarnings(snapshot?.id);
  const [acknowledged, setAcknowledged] = useState<string[]>([]);
  const isAllAcknowledged = warnings.checks?.every(({ check }) => acknowledged.includes(check)) ?? false;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!snapshot || !isAllAcknowledged) return;
    const given = members === '' ? parameters : [...parameters, { name: 'members', value: members }];
    const input = {
      datasetSnapshotId: snapshot.id,
      modelName: modelName.trim(),
      positiveLabel,
      epochs: wholeNumber(epochs),
      seed: wholeNumber(seed),
      parameters: given.length > 0 ? given : undefined,
      acknowledgedFindings: acknowledged.length > 0 ? acknowledged : undefined,
    };
    void start({ variables: { input } }).catch(() => undefined);
  };

  return (
    <Paper component="form" onSubmit={submit} sx={{ p: { xs: 2, sm: 3 }, maxWidth: 640 }}>
      <Stack spacing={2.5}>
        <TextField
          select
          label="Snapshot"
          required
          value={snapshot?.id ?? ''}
          onChange={(event) => {
            setSnapshot(snapshots.find(({ id }) => id === event.target.value));
            setPositiveLabel('');
            setAcknowledged([]);
          }}
        >
          {snapshots.map(({ id, name, version, itemCount }) => (
            <MenuItem key={id} value={id}>
              {name} version {version} ({count(itemCount, 'image')})
            </MenuItem>
          ))}
        </TextField>
        <TextField
          select
          label="Positive class"
          required
          helperText="The model predicts the probability of this label against all other labels."
          value={positiveLabel}
          onChange={(event) => setPositiveLabel(event.target.value)}
        >
          {labels.map((labelCount) => (
            <MenuItem key={labelCount.label} value={labelCount.label}>
              {readable(labelCount.label)} ({labelCount.count.toLocaleString()})
            </MenuItem>
          ))}
        </TextField>
        <Autocomplete
          freeSolo
          options={modelNames}
          inputValue={modelName}
          onInputChange={(_, value) => setModelName(value)}
          renderInput={(props) => (
            <TextField
              {...props}
              label="Model"
              required
              helperText="An existing name adds a version to that model. A new name creates a model."
            />
          )}
        />
        <Stack direction={{ xs: 'column', sm: 'row' }} spacing={2}>
          <TextField
            label="Epochs (optional)"
            type="number"
            sx={{ flex: 1 }}
            value={epochs}
            onChange={(event) => setEpochs(event.target.value)}
            slotProps={{ htmlInput: { min: 1, step: 1 } }}
          />
          <TextField
            label="Seed (optional)"
            type="number"
            sx={{ flex: 1 }}
            value={seed}
            helperText="The same seed, snapshot and parameters give the same model."
            onChange={(event) => setSeed(event.target.value)}
            slotProps={{ htmlInput: { min: 0, step: 1 } }}
          />
        </Stack>
        <TextField
          label="Ensemble members (optional)"
          type="number"
          helperText="The number of networks in the version, 1 to 8. More networks are usually more accurate; time and cost grow in proportion."
          value={members}
          onChange={(event) => setMembers(event.target.value)}
          slotProps={{ htmlInput: { min: 1, max: 8, step: 1 } }}
        />
        <ParameterFields parameters={parameters} onChange={setParameters} />
        {warnings.error ? <Problem error={warnings.error} retry={warnings.retry} /> : null}
        {snapshot && warnings.checks && warnings.checks.length > 0 && (
          <AcknowledgeWarnings
            snapshot={snapshot}
            warnings={warnings.checks}
            acknowledged={acknowledged}
            onChange={setAcknowledged}
          />
        )}
        <UserErrors errors={data?.startTraining.userErrors} />
        {error && <Problem error={error} />}
        <Button
          type="submit"
          variant="contained"
          loading={loading}
          disabled={!isAllAcknowledged}
          sx={{ alignSelf: 'flex-start' }}
        >
          Start training
        </Button>
      </Stack>
    </Paper>
  );
}

function wholeNumber(text: string): number | undefined {
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) ? undefined : value;
}
