import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, Button, LinearProgress, Link, Stack, Typography } from '@mui/material';
import { Link as RouterLink, useParams } from 'react-router';
import type { FitDetailsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { DateTime } from '../../ui/date-time.js';
import { Facts } from '../../ui/facts.js';
import { duration, percent } from '../../ui/format.js';
import { JobState } from '../../ui/job-state.js';
import { JobStatusChip } from '../../ui/job-status-chip.js';
import { isUnderWay } from '../../ui/job-status.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { useProgress } from '../../ui/use-progress.js';
import { FitCells } from './fit-cells.js';
import { FitComparison } from './fit-comparison.js';

export const fitDetailsFragment = graphql(`
  fragment FitDetails on Fit {
    id
    status
    error
    description
    warnings
    progress
    createdAt
    startedAt
    finishedAt
    cells {
      ...FitCells
    }
    figures {
      ...FitComparison
    }
    modelVersion {
      id
      version
      positiveLabel
      model {
        id
        name
      }
    }
    fittedVersion {
      id
      version
    }
    datasetSnapshot {
      id
      name
      version
    }
    createdBy {
      id
      displayName
    }
  }
`);

const fitPageQuery = graphql(`
  query FitPage($id: ID!) {
    fit(id: $id) {
      ...FitDetails
    }
  }
`);

const fitChangedSubscription = graphql(`
  subscription FitChanged($id: ID!) {
    fitChanged(id: $id) {
      ...FitDetails
    }
  }
`);

const cancelFitMutation = graphql(`
  mutation CancelFit($id: ID!) {
    cancelFit(id: $id) {
      fit {
        ...FitDetails
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const continueFitMutation = graphql(`
  mutation ContinueFit($id: ID!) {
    continueFit(id: $id) {
      fit {
        ...FitDetails
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** One fit: its progress, the figures before and after, its cells and the version that it made. */
export function FitPage() {
  const { id = '' } = useParams();
  const query = useQuery(fitPageQuery, { variables: { id }, fetchPolicy: 'cache-and-network' });
  const fit = query.data?.fit;
  const active = Boolean(fit && isUnderWay(fit));
  useProgress(fitChangedSubscription, { id, active, refetch: query.refetch });
  return (
    <LoadedPage query={query} item={fit} kind="Fit" list={models}>
      {(loaded) => <Fit fit={loaded} />}
    </LoadedPage>
  );
}

const models = { title: 'Models', path: '/models' };

function Fit({ fit }: { fit: FitDetailsFragment }) {
  const { modelVersion, fittedVersion, datasetSnapshot, figures, warnings } = fit;
  const { model, positiveLabel } = modelVersion;
  return (
    <Page
      title={`Fit of ${model.name} version ${modelVersion.version}`}
      above={[models, { title: model.name, path: `/models/${encodeURIComponent(model.name)}` }]}
      subtitle={<JobStatusChip status={fit.status} />}
      actions={
        fittedVersion && (
          <Button
            variant="contained"
            component={RouterLink}
            to={`/model-versions/${fittedVersion.id}`}
          >{`Open version ${fittedVersion.version}`}</Button>
        )
      }
    >
      <Stack spacing={2}>
        <State fit={fit} />
        {warnings.map((warning) => (
          <Alert key={warning} severity="warning">
            {warning}
          </Alert>
        ))}
        {figures && (
          <Section
            title="Before and after"
            hint={
              fittedVersion &&
              `Measured on the fitted cells. To promote version ${fittedVersion.version}, open it, evaluate it on cells of other patients, and promote it there.`
            }
          >
            <FitComparison figures={figures} positiveLabel={positiveLabel} />
          </Section>
        )}
        <Section title="Cells">
          <FitCells cells={fit.cells} positiveLabel={positiveLabel} />
        </Section>
        <Section title="Details">
          <Facts
            facts={[
              [
                'Fitted from',
                <Link key="base" component={RouterLink} to={`/model-versions/${modelVersion.id}`}>
                  {model.name} version {modelVersion.version}
                </Link>,
              ],
              [
                'Source',
                datasetSnapshot ? (
                  <Link key="snapshot" component={RouterLink} to={`/datasets/${datasetSnapshot.id}`}>
                    {datasetSnapshot.name} version {datasetSnapshot.version}
                  </Link>
                ) : (
                  'Reviewed predictions'
                ),
              ],
              ['Description', fit.description],
              ['Requested', <DateTime key="created" iso={fit.createdAt} />],
              ['Requested by', fit.createdBy.displayName],
              ['Duration', fit.startedAt && fit.finishedAt && duration(fit.startedAt, fit.finishedAt)],
            ]}
          />
        </Section>
      </Stack>
    </Page>
  );
}

function State({ fit: { id, status, progress, error } }: { fit: FitDetailsFragment }) {
  const mayTrain = useMay('train');
  const [cancel, cancelling] = useMutation(cancelFitMutation, { variables: { id } });
  const [proceed, proceeding] = useMutation(continueFitMutation, { variables: { id } });
  const isFailed = status === 'FAILED';
  return (
    <JobState
      status={status}
      failure={error ?? 'The fit failed.'}
      cancelled="The fit was cancelled. It made no version."
      cancel={mayTrain ? { action: 'Cancel fit', run: cancel } : null}
      onContinue={mayTrain ? proceed : null}
      mutation={isFailed ? proceeding : cancelling}
      userErrors={isFailed ? proceeding.data?.continueFit.userErrors : cancelling.data?.cancelFit.userErrors}
    >
      <LinearProgress
        variant={status === 'QUEUED' ? 'indeterminate' : 'determinate'}
        value={progress * 100}
        aria-label="Progress of the fit"
        sx={{ height: 6, borderRadius: 3 }}
      />
      <Typography variant="body2" color="textSecondary">
        {status === 'QUEUED'
          ? 'Starts when a worker is free.'
          : `${percent(progress)} of the cells are scored.`}
      </Typography>
    </JobState>
  );
}
