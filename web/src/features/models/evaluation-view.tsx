import { useMutation, useSubscription } from '@apollo/client/react';
import { Alert, Button, LinearProgress, Link, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { EvaluationFiguresFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { FailedJob } from '../../ui/failed-job.js';
import { count } from '../../ui/format.js';
import { isUnderWay } from '../../ui/job-status.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { UserErrors } from '../../ui/user-errors.js';
import { compareAddress } from './comparison/compare-address.js';
import { Figures } from './figures.js';

export const evaluationFiguresFragment = graphql(`
  fragment EvaluationFigures on Evaluation {
    id
    status
    error
    createdAt
    split
    overlap
    datasetSnapshot {
      id
      name
      version
    }
    ...VersionFigures
  }
`);

const evaluationChangedSubscription = graphql(`
  subscription EvaluationChanged($id: ID!) {
    evaluationChanged(id: $id) {
      ...EvaluationFigures
    }
  }
`);

const cancelEvaluationMutation = graphql(`
  mutation CancelEvaluation($id: ID!) {
    cancelEvaluation(id: $id) {
      evaluation {
        ...EvaluationFigures
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const continueEvaluationMutation = graphql(`
  mutation ContinueEvaluation($id: ID!) {
    continueEvaluation(id: $id) {
      evaluation {
        ...EvaluationFigures
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface EvaluationViewProps {
  version: { id: string; model: { name: string } };
  evaluation: EvaluationFiguresFragment;
  positiveLabel: string;
  /** Whether the curves are shown from the start. */
  openAtFirst: boolean;
}

/** An evaluation of a version on a snapshot: its progress, then its metrics and curves. */
export function EvaluationView({ version, evaluation, positiveLabel, openAtFirst }: EvaluationViewProps) {
  const { id, status, error, datasetSnapshot, split, overlap, createdAt } = evaluation;
  useSubscription(evaluationChangedSubscription, {
    ...{ variables: { id }, ignoreResults: true },
    skip: !isUnderWay(evaluation),
  });
  return (
    <Section
      title={split ? `Evaluation, ${split} split` : 'Evaluation'}
      actions={
        status === 'SUCCEEDED' &&
        !split && (
          <Button
            size="small"
            component={RouterLink}
            to={compareAddress(version.model.name, [version.id], datasetSnapshot.id)}
          >
            Compare with other versions
          </Button>
        )
      }
      hint={
        <>
          On{' '}
          <Link component={RouterLink} to={`/datasets/${datasetSnapshot.id}`}>
            {datasetSnapshot.name} version {datasetSnapshot.version}
          </Link>
          {status === 'SUCCEEDED' && ` (${extentOf(evaluation)})`}, <DateTime iso={createdAt} />
          {overlap && (
            <>
              <br />
              {overlap}
            </>
          )}
        </>
      }
    >
      {status === 'FAILED' && <FailedEvaluation id={evaluation.id} error={error} />}
      {status === 'CANCELLED' && (
        <Alert severity="info">The evaluation was cancelled. It has no metrics.</Alert>
      )}
      {isUnderWay(evaluation) && <EvaluationProgress evaluation={evaluation} />}
      {status === 'SUCCEEDED' && (
        <Figures figures={evaluation} positiveLabel={positiveLabel} openAtFirst={openAtFirst} />
      )}
    </Section>
  );
}

function EvaluationProgress({ evaluation: { id, status } }: Pick<EvaluationViewProps, 'evaluation'>) {
  const mayEvaluate = useMay('evaluate models');
  const [cancel, { loading, error, data }] = useMutation(cancelEvaluationMutation, { variables: { id } });
  return (
    <Stack spacing={1}>
      <LinearProgress aria-label="Evaluation in progress" sx={{ height: 6, borderRadius: 3 }} />
      <Typography variant="body2" color="textSecondary">
        {status === 'QUEUED' ? 'Starts when a worker is free.' : 'Classifying the images of the snapshot.'}
      </Typography>
      {mayEvaluate && (
        <Button
          color="error"
          sx={{ alignSelf: 'start' }}
          loading={loading}
          onClick={() => void cancel().catch(() => undefined)}
        >
          Cancel evaluation
        </Button>
      )}
      <UserErrors errors={data?.cancelEvaluation.userErrors} />
      {Boolean(error) && <Problem error={error} />}
    </Stack>
  );
}

function FailedEvaluation({ id, error }: { id: string; error?: string | null }) {
  const mayEvaluate = useMay('evaluate models');
  const [proceed, mutation] = useMutation(continueEvaluationMutation, { variables: { id } });
  return (
    <FailedJob
      failure={error ?? 'The evaluation failed.'}
      onContinue={mayEvaluate ? proceed : null}
      mutation={mutation}
      userErrors={mutation.data?.continueEvaluation.userErrors}
    />
  );
}

interface Extent {
  itemCount: number;
  groupCount?: number | null;
}

/** '240 images of 12 patients or slides' */
export function extentOf({ itemCount, groupCount }: Extent): string {
  const images = count(itemCount, 'image');
  return groupCount == null
    ? images
    : `${images} of ${count(groupCount, 'patient or slide', 'patients or slides')}`;
}
