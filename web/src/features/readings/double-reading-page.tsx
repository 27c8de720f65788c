import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, Button, Stack, Typography } from '@mui/material';
import { useNavigate, useParams } from 'react-router';
import type { DoubleReadingDetailsFragment, ReadingAgreementFiguresFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay, useViewer } from '../../session/viewer.js';
import { DateTime } from '../../ui/date-time.js';
import { Facts } from '../../ui/facts.js';
import { count } from '../../ui/format.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { UserErrors } from '../../ui/user-errors.js';
import { AgreementTable } from './agreement-table.js';

export const doubleReadingFragment = graphql(`
  fragment DoubleReadingDetails on DoubleReading {
    id
    createdAt
    case {
      id
      reference
    }
    createdBy {
      id
      displayName
    }
    thirdReader {
      id
      displayName
    }
    progress {
      part
      cellCount
      decidedCount
      finishedAt
      reader {
        id
        displayName
      }
    }
    disagreements {
      count
      openCount
    }
    agreement {
      ...ReadingAgreementFigures
    }
  }
`);

const doubleReadingPageQuery = graphql(`
  query DoubleReadingPage($id: ID!) {
    doubleReading(id: $id) {
      ...DoubleReadingDetails
    }
  }
`);

const startThirdReadingMutation = graphql(`
  mutation StartThirdReading($doubleReadingId: ID!) {
    startThirdReading(doubleReadingId: $doubleReadingId) {
      reading {
        id
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const readings = { title: 'Readings', path: '/readings' };

/** A double reading: how far its readers are, and, when both have finished, how far they agree. */
export function DoubleReadingPage() {
  const { id = '' } = useParams();
  const query = useQuery(doubleReadingPageQuery, { variables: { id }, fetchPolicy: 'cache-and-network' });
  return (
    <LoadedPage query={query} item={query.data?.doubleReading} kind="Double reading" list={readings}>
      {(double) => <OneDoubleReading double={double} />}
    </LoadedPage>
  );
}

function OneDoubleReading({ double }: { double: DoubleReadingDetailsFragment }) {
  const { case: ofCase, createdBy, createdAt, progress, thirdReader, disagreements, agreement } = double;
  return (
    <Page
      title="Double reading"
      above={[readings, { title: ofCase.reference ?? 'Case', path: `/cases/${ofCase.id}` }]}
      subtitle={
        <>
          Started by {createdBy.displayName}, <DateTime iso={createdAt} />
        </>
      }
    >
      <Stack spacing={2}>
        <Section title="Readers">
          <Facts
            facts={[
              ...progress.map(({ reader, part, decidedCount, cellCount, finishedAt }): [string, string] => [
                part === 'THIRD' ? `${reader.displayName} (third)` : reader.displayName,
                finishedAt === null
                  ? `${decidedCount} of ${count(cellCount, 'cell')} decided`
                  : `finished, ${count(decidedCount, 'cell')}`,
              ]),
              [
                'Third reader',
                thirdReader ? `${thirdReader.displayName} was chosen` : 'anybody else who may review',
              ],
            ]}
          />
        </Section>
        {disagreements === null || agreement === null ? (
          <Alert severity="info">
            The result appears here when both readers have finished. Until then, neither sees what the other
            said.
          </Alert>
        ) : (
          <>
            <Open double={double} {...disagreements} />
            <Section
              title="Agreement"
              hint="κ is the agreement beyond chance: 1 means complete agreement, 0 what chance alone would give. With few cells its interval is wide, and too narrow near 1. Decisions that were not blind are not compared."
            >
              <Stack spacing={3}>
                {agreement
                  .filter(({ modelVersion }) => modelVersion === null || agreement.length > 2)
                  .map((each) => (
                    <OneAgreement key={each.modelVersion?.id ?? 'all'} agreement={each} />
                  ))}
              </Stack>
            </Section>
          </>
        )}
      </Stack>
    </Page>
  );
}

/** The agreement between the readers and with the model, over all cells or over those of one version. */
export function OneAgreement({ agreement }: { agreement: ReadingAgreementFiguresFragment }) {
  const { modelVersion, labels, cellTypes, withModel } = agreement;
  const name = modelVersion ? `Version ${modelVersion.version}` : 'All cells';
  return (
    <Stack spacing={1}>
      <Typography variant="h3">{name}</Typography>
      <AgreementTable
        label={`Agreement: ${name}`}
        rows={[
          { name: 'Two readers of the same cells', agreement: labels },
          ...(cellTypes.count > 0
            ? [{ name: 'Two readers of the same cells, types', agreement: cellTypes }]
            : []),
          ...withModel.map(({ reader, labels: ofReader }) => ({
            name: `${reader.displayName} and the model`,
            agreement: ofReader,
          })),
        ]}
      />
    </Stack>
  );
}

/** The cells on which the readers differ, with a button for a third reader. */
function Open({
  double: { id, progress },
  count: all,
  openCount,
}: {
  double: DoubleReadingDetailsFragment;
  count: number;
  openCount: number;
}) {
  const navigate = useNavigate();
  const viewer = useViewer();
  const isOneOfTheTwo = progress.some(({ part, reader }) => part !== 'THIRD' && reader.id === viewer.id);
  const mayDecide = useMay('review') && !isOneOfTheTwo;
  const [start, { data, error, loading }] = useMutation(startThirdReadingMutation, {
    onCompleted: ({ startThirdReading: { reading } }) => {
      if (reading) void navigate(`/readings/${reading.id}`);
    },
  });
  if (all === 0) return <Alert severity="success">The two readers gave the same label to every cell.</Alert>;
  if (openCount === 0)
    return (
      <Alert severity="success">
        The readers differed on {count(all, 'cell')}. A third reader has decided.
      </Alert>
    );
  return (
    <>
      <Alert
        severity="warning"
        action={
          mayDecide && (
            <Button
              color="inherit"
              loading={loading}
              onClick={() => void start({ variables: { doubleReadingId: id } }).catch(() => undefined)}
            >
              Decide
            </Button>
          )
        }
      >
        The readers differ on {count(all, 'cell')}, {openCount} of which a third reader has still to decide.
        Until then, the case cannot be signed.
      </Alert>
      <UserErrors errors={data?.startThirdReading.userErrors} />
      {error && <Problem error={error} />}
    </>
  );
}
