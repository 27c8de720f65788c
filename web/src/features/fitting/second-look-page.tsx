import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, Box, Button, LinearProgress, Paper, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink, useParams } from 'react-router';
import type { ReviewVerdict, SecondLookDetailsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { count, readable } from '../../ui/format.js';
import { type Choice, KeyButton, useKeys } from '../../ui/keys.js';
import { verdictLabels } from '../../ui/labels.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';

export const secondLookFragment = graphql(`
  fragment SecondLookDetails on SecondLook {
    id
    labels
    cellCount
    doneCount
    cells {
      place
      isDone
      pictureUrl
    }
    result {
      keptCount
      changedCount
      withoutLabelCount
    }
    modelVersion {
      id
      version
      model {
        id
        name
      }
    }
  }
`);

const secondLookQuery = graphql(`
  query SecondLook($id: ID!) {
    secondLook(id: $id) {
      ...SecondLookDetails
    }
  }
`);

const giveSecondLabelMutation = graphql(`
  mutation GiveSecondLabel($input: GiveSecondLabelInput!) {
    giveSecondLabel(input: $input) {
      secondLook {
        ...SecondLookDetails
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const models = { title: 'Models', path: '/models' };

/** Labels cells again, one after the other, without their labels and the answers of a version. */
export function SecondLookPage() {
  const { id = '' } = useParams();
  const query = useQuery(secondLookQuery, { variables: { id }, fetchPolicy: 'cache-and-network' });
  return (
    <LoadedPage query={query} item={query.data?.secondLook} kind="Second look" list={models}>
      {(look) => <SecondLook key={look.id} look={look} />}
    </LoadedPage>
  );
}

function SecondLook({ look }: { look: SecondLookDetailsFragment }) {
  const mayReview = useMay('review');
  const { modelVersion, cellCount, doneCount, result } = look;
  const { model, version } = modelVersion;
  return (
    <Page
      title="Second look at labels"
      above={[
        models,
        { title: model.name, path: `/models/${encodeURIComponent(model.name)}` },
        { title: `Version ${version}`, path: `/model-versions/${modelVersion.id}` },
      ]}
      subtitle={`Before a fit of ${model.name} version ${version}`}
    >
      <Stack spacing={2}>
        <Typography variant="body2" color="textSecondary">
          Label each cell from its picture alone. Its first label and the model’s answer are not shown. In
          half of the cells these two agree, so that labels are corrected in both directions. Someone who has
          not labelled these cells before should do it.
        </Typography>
        <LinearProgress
          variant="determinate"
          value={cellCount === 0 ? 0 : (100 * doneCount) / cellCount}
          aria-label="Cells that are labelled again"
          sx={{ height: 6, borderRadius: 3 }}
        />
        <Typography role="status" variant="body2">
          {doneCount} of {count(cellCount, 'cell')} labelled again.
        </Typography>
        {cellCount === 0 ? (
          <Alert severity="info">
            There are no cells here: they are of a site that you do not see, or their cases were erased.
          </Alert>
        ) : result ? (
          <Result look={look} result={result} />
        ) : mayReview ? (
          <Cells look={look} />
        ) : (
          <Alert severity="info">
            A clinician labels the cells. Send them the address of this page; you need not wait to start the
            fit.
          </Alert>
        )}
      </Stack>
    </Page>
  );
}

function Result({
  look: { modelVersion },
  result: { keptCount, changedCount, withoutLabelCount },
}: {
  look: SecondLookDetailsFragment;
  result: NonNullable<SecondLookDetailsFragment['result']>;
}) {
  return (
    <Alert
      severity="success"
      action={
        <Button component={RouterLink} to={`/model-versions/${modelVersion.id}/fit`} color="inherit">
          Go to the fit
        </Button>
      }
    >
      All cells are labelled again: {count(keptCount, 'label')} kept, {changedCount} changed, and{' '}
      {count(withoutLabelCount, 'cell')} without a label now. The fit leaves out cells without a label, and
      reviewed cells whose reviewers differ; its figures are also given with all cells and their first labels.
    </Alert>
  );
}

interface Answer {
  verdict: ReviewVerdict;
  label: string | null;
}

interface CellChoice extends Choice {
  isLabel: boolean;
}

function Cells({ look }: { look: SecondLookDetailsFragment }) {
  const { id, cells, labels } = look;
  const [waiting, setWaiting] = useState(() =>
    cells.filter(({ isDone }) => !isDone).map(({ place }) => place),
  );
  const [answered, setAnswered] = useState<number[]>([]);
  const [give, { data, error, loading }] = useMutation(giveSecondLabelMutation);
  const [place] = waiting;
  const cell = cells.find((each) => each.place === place);

  const answer = ({ verdict, label }: Answer) => {
    if (place === undefined || loading) return;
    void give({ variables: { input: { secondLookId: id, place, verdict, label } } }).then(
      ({ data: given }) => {
        if (!given?.giveSecondLabel.secondLook) return;
        setWaiting((places) => places.filter((each) => each !== place));
        setAnswered((places) => [...places, place]);
      },
      () => undefined, // shown by the page
    );
  };
  const skip = () => setWaiting(([first, ...others]) => (first === undefined ? [] : [...others, first]));
  const back = () => {
    const last = answered.at(-1);
    if (last === undefined) return;
    setAnswered((places) => places.slice(0, -1));
    setWaiting((places) => [last, ...places]);
  };
  const choices: CellChoice[] = [
    ...labels.map((label, index) => ({
      ...{ name: readable(label), key: String(index + 1), isLabel: true },
      run: () => answer({ verdict: 'LABEL', label }),
    })),
    {
      ...{ name: verdictLabels.NOT_A_CELL, key: 'n', isLabel: false },
      run: () => answer({ verdict: 'NOT_A_CELL', label: null }),
    },
    {
      ...{ name: verdictLabels.CANNOT_TELL, key: 'c', isLabel: false },
      run: () => answer({ verdict: 'CANNOT_TELL', label: null }),
    },
    ...(waiting.length > 1 ? [{ name: 'Skip', key: 'ArrowRight', isLabel: false, run: skip }] : []),
    ...(answered.length > 0 ? [{ name: 'Back', key: 'ArrowLeft', isLabel: false, run: back }] : []),
  ];
  useKeys(choices);

  if (!cell) return null;
  return (
    <Paper sx={{ p: { xs: 2, sm: 2.5 } }}>
      <Stack spacing={2} sx={{ alignItems: 'center' }}>
        <Box
          component="img"
          key={cell.pictureUrl}
          src={`${cell.pictureUrl}?size=640`}
          alt="The cell to label"
          sx={{ width: 'min(100%, 24rem)', aspectRatio: '1', objectFit: 'contain', bgcolor: 'action.hover' }}
        />
        <Stack direction="row" useFlexGap spacing={1} sx={{ flexWrap: 'wrap', justifyContent: 'center' }}>
          {choices.map(({ isLabel, ...choice }) => (
            <KeyButton
              key={choice.name}
              choice={choice}
              variant={isLabel ? 'contained' : 'outlined'}
              disabled={loading}
            />
          ))}
        </Stack>
        <UserErrors errors={data?.giveSecondLabel.userErrors} />
        {error && <Problem error={error} />}
      </Stack>
    </Paper>
  );
}
