import { skipToken, useMutation, useQuery } from '@apollo/client/react';
import {
  Alert,
  Button,
  FormControlLabel,
  Checkbox,
  MenuItem,
  Paper,
  Radio,
  RadioGroup,
  Stack,
  TextField,
  Typography,
} from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import type { FitModelVersionInput, NewFitQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DelayedTextField } from '../../ui/delayed-text-field.js';
import { count } from '../../ui/format.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Loaded } from '../../ui/loaded.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { startOfDay } from '../../ui/start-of-day.js';
import { UserErrors } from '../../ui/user-errors.js';
import { FitCells } from './fit-cells.js';
import { SecondLooks } from './second-looks.js';

const newFitQuery = graphql(`
  query NewFit($id: ID!) {
    modelVersion(id: $id) {
      id
      version
      positiveLabel
      model {
        id
        name
      }
    }
    datasetSnapshots(first: 200) {
      edges {
        node {
          id
          name
          version
          status
          itemCount
        }
      }
    }
  }
`);

const fitPreviewQuery = graphql(`
  query FitPreview($input: FitModelVersionInput!) {
    fitPreview(input: $input) {
      preview {
        cells {
          ...FitCells
        }
        warnings
        problem
        promotionNeeds
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const fitMutation = graphql(`
  mutation FitModelVersion($input: FitModelVersionInput!) {
    fitModelVersion(input: $input) {
      fit {
        id
      }
      userErrors {
        code
        message
      }
    }
  }
`);

type Version = NonNullable<NewFitQuery['modelVersion']>;
type Snapshot = NewFitQuery['datasetSnapshots']['edges'][number]['node'];

/** The form that fits a version to this laboratory. */
export function NewFitPage() {
  const { id = '' } = useParams();
  const query = useQuery(newFitQuery, { variables: { id }, fetchPolicy: 'cache-and-network' });
  const snapshots = (query.data?.datasetSnapshots.edges ?? [])
    .map(({ node }) => node)
    .filter(({ status }) => status === 'READY');
  return (
    <LoadedPage query={query} item={query.data?.modelVersion} kind="Model version" list={models}>
      {(version) => (
        <Page
          title="Fit to this laboratory"
          above={[
            models,
            { title: version.model.name, path: `/models/${encodeURIComponent(version.model.name)}` },
            { title: `Version ${version.version}`, path: `/model-versions/${version.id}` },
          ]}
          subtitle={`${version.model.name} version ${version.version}`}
        >
          <NewFit version={version} snapshots={snapshots} />
        </Page>
      )}
    </LoadedPage>
  );
}

const models = { title: 'Models', path: '/models' };

function NewFit({ version, snapshots }: { version: Version; snapshots: readonly Snapshot[] }) {
  const navigate = useNavigate();
  const [source, setSource] = useState<'reviews' | 'snapshot'>('reviews');
  const [snapshotId, setSnapshotId] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [includeOtherOrigins, setIncludeOtherOrigins] = useState(false);
  const [description, setDescription] = useState('');
  const [fit, mutation] = useMutation(fitMutation, {
    onCompleted: ({ fitModelVersion }) => {
      if (fitModelVersion.fit) void navigate(`/fits/${fitModelVersion.fit.id}`);
    },
  });

  const reviews = {
    modelName: version.model.name,
    createdAfter: from ? startOfDay(from) : undefined,
    createdBefore: to ? startOfDay(to, 1) : undefined,
  };
  const input: FitModelVersionInput | null =
    source === 'reviews'
      ? { modelVersionId: version.id, reviews, includeOtherOrigins }
      : snapshotId
        ? { modelVersionId: version.id, datasetSnapshotId: snapshotId }
        : null;
  const preview = useQuery(
    fitPreviewQuery,
    input ? { variables: { input }, fetchPolicy: 'network-only' } : skipToken,
  );
  const shown = preview.data?.fitPreview;
  const isReady = Boolean(input && shown?.preview && shown.preview.problem == null);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!input || !isReady) return;
    const text = description.trim();
    void fit({ variables: { input: { ...input, description: text || undefined } } }).catch(() => undefined);
  };

  return (
    <Stack component="form" onSubmit={submit} spacing={2} sx={{ maxWidth: 760 }}>
      <Paper sx={{ p: { xs: 2, sm: 3 } }}>
        <Stack spacing={2}>
          <Typography variant="body2" color="textSecondary">
            On another microscope, scanner or stain, a version still orders the cells well, but its
            probabilities and its threshold may be wrong. A fit corrects them with cells that were labelled
            here. It keeps the network, takes a few minutes, and makes a new version, which is promoted like
            any other.
          </Typography>
          <RadioGroup
            aria-label="Source of the labelled cells"
            value={source}
            onChange={(_, value) => setSource(value === 'snapshot' ? 'snapshot' : 'reviews')}
          >
            <FormControlLabel
              value="reviews"
              control={<Radio />}
              label="Reviewed predictions of this model"
            />
            <FormControlLabel value="snapshot" control={<Radio />} label="A dataset snapshot" />
          </RadioGroup>
          {source === 'snapshot' ? (
            <TextField
              select
              label="Snapshot"
              required
              disabled={snapshots.length === 0}
              helperText={snapshots.length === 0 ? 'No snapshot is ready yet.' : undefined}
              value={snapshotId}
              onChange={(event) => setSnapshotId(event.target.value)}
            >
              {snapshots.map(({ id, name, version: of, itemCount }) => (
                <MenuItem key={id} value={id}>
                  {name} version {of} ({count(itemCount, 'image')})
                </MenuItem>
              ))}
            </TextField>
          ) : (
            <>
              <Stack direction={{ xs: 'column', sm: 'row' }} spacing={1.5}>
                <DelayedTextField
                  label="Classified from (optional)"
                  type="date"
                  value={from}
                  onChange={setFrom}
                  slotProps={{ inputLabel: { shrink: true } }}
                />
                <DelayedTextField
                  label="Classified to (optional)"
                  type="date"
                  value={to}
                  onChange={setTo}
                  slotProps={{ inputLabel: { shrink: true } }}
                />
              </Stack>
              <FormControlLabel
                control={
                  <Checkbox
                    checked={includeOtherOrigins}
                    onChange={(_, checked) => setIncludeOtherOrigins(checked)}
                  />
                }
                label="Include cells that were reviewed because of their prediction"
              />
            </>
          )}
          <TextField
            label="Description (optional)"
            value={description}
            onChange={(event) => setDescription(event.target.value)}
            slotProps={{ htmlInput: { maxLength: 1000 } }}
          />
        </Stack>
      </Paper>
      {input && (
        <Section title="Cells of this fit">
          <Loaded query={preview} content={shown} rows={1} height={120}>
            {({ preview: found, userErrors }) => (
              <Stack spacing={1.5}>
                <UserErrors errors={userErrors} />
                {found && (
                  <>
                    <FitCells cells={found.cells} positiveLabel={version.positiveLabel} />
                    {found.problem != null && <Alert severity="error">{found.problem}</Alert>}
                    {found.warnings.map((warning) => (
                      <Alert key={warning} severity="warning">
                        {warning}
                      </Alert>
                    ))}
                    <Typography variant="body2" color="textSecondary">
                      {found.promotionNeeds}
                    </Typography>
                    {found.problem == null && <SecondLooks input={input} />}
                  </>
                )}
              </Stack>
            )}
          </Loaded>
        </Section>
      )}
      <UserErrors errors={mutation.data?.fitModelVersion.userErrors} />
      {mutation.error && <Problem error={mutation.error} />}
      <Button
        type="submit"
        variant="contained"
        loading={mutation.loading}
        disabled={!isReady}
        sx={{ alignSelf: 'flex-start' }}
      >
        Start fit
      </Button>
    </Stack>
  );
}
