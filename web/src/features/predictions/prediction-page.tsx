import { useQuery } from '@apollo/client/react';
import { Box, Link, Stack, Typography } from '@mui/material';
import { Link as RouterLink, useParams } from 'react-router';
import { useCameFrom } from '../../ui/came-from.js';
import type { PredictionPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { Code } from '../../ui/code.js';
import { Facts } from '../../ui/facts.js';
import { DateTime } from '../../ui/date-time.js';
import { bytes, decimal, milliseconds } from '../../ui/format.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { CaseOfPrediction } from '../cases/case-of-prediction.js';
import { Reviews } from '../reviews/reviews.js';
import { ClassifyAsFieldButton } from './classify-as-field-button.js';
import { DeviceAnswerText } from './device-answer-text.js';
import { EvidenceViewer } from './evidence-viewer.js';
import { explainOutcome } from './explain.js';
import { CellTypeLine } from './cell-type-line.js';
import { NotAMedicalDevice } from '../../ui/not-a-medical-device.js';
import { AnswerNotices } from './notices.js';
import { OutcomeChip } from './outcome-chip.js';
import { ProbabilityScale } from './probability-scale.js';
import { RepeatNotice } from './repeat-notice.js';
import { seenPartOf } from './seen-part.js';

const predictionPageQuery = graphql(`
  query PredictionPage($id: ID!) {
    prediction(id: $id) {
      case {
        id
        state
      }
      site {
        id
        name
      }
      ...Answer
      cellImageUrl
      frame {
        left
        top
        width
        height
      }
      region {
        left
        top
        width
        height
      }
      field {
        id
        fileName
        predictions {
          id
        }
      }
      createdBy {
        id
        displayName
      }
      image {
        sha256
        byteSize
        mediaType
      }
      modelVersion {
        id
        digest
        classes
        trainingRun {
          id
        }
        datasetSnapshot {
          id
          name
          version
        }
      }
      deviceAnswer {
        outcome
        label
        probability
        answeredAt
        modelVersion {
          id
          version
          positiveLabel
        }
      }
      ...PredictionReviews
    }
  }
`);

type Prediction = NonNullable<PredictionPageQuery['prediction']>;

/** One stored prediction: the cell with its evidence map, the result, its provenance, and the reviews. */
export function PredictionPage() {
  const { id = '' } = useParams();
  const query = useQuery(predictionPageQuery, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
  });
  return (
    <LoadedPage query={query} item={query.data?.prediction} kind="Prediction" list={history}>
      {(prediction) => <StoredPrediction prediction={prediction} />}
    </LoadedPage>
  );
}

const history = { title: 'History', path: '/predictions' };

function StoredPrediction({ prediction }: { prediction: Prediction }) {
  return (
    <Page
      title={prediction.fileName ?? prediction.id}
      above={[useCameFrom(history)]}
      subtitle={
        <>
          {prediction.field && (
            <>
              <CellOfField id={prediction.id} field={prediction.field} /> ·{' '}
            </>
          )}
          <DateTime iso={prediction.createdAt} />
        </>
      }
    >
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'minmax(0, 5fr) minmax(0, 6fr)' },
          alignItems: 'start',
        }}
      >
        <CellWithEvidence prediction={prediction} />
        <Stack spacing={2}>
          <Answer prediction={prediction} />
          <Reviews prediction={prediction} classes={prediction.modelVersion.classes} />
          <Origin prediction={prediction} />
        </Stack>
      </Box>
    </Page>
  );
}

function CellOfField({ id, field }: { id: string; field: NonNullable<Prediction['field']> }) {
  const cells = field.predictions;
  const number = cells.findIndex((cell) => cell.id === id) + 1;
  return (
    <>
      Cell {number} of {cells.length} in{' '}
      <Link component={RouterLink} to={`/fields/${field.id}?cell=${id}`}>
        this field
      </Link>
    </>
  );
}

function CellWithEvidence({ prediction }: { prediction: Prediction }) {
  const seesImages = useMay('see images');
  const { image, evidenceMapUrl, field, cellImageUrl, frame } = prediction;
  if (!seesImages) return <HiddenCell />;
  return (
    <Section title="Cell and evidence map" hint="The map shows which parts of the picture led to the result.">
      <EvidenceViewer
        src={field && cellImageUrl ? `${cellImageUrl}?size=640` : image.url}
        fallbackSrc={field ? undefined : image.thumbnailUrl}
        alt={prediction.fileName ?? 'Classified image'}
        evidenceMapUrl={evidenceMapUrl}
        positiveLabel={prediction.modelVersion.positiveLabel}
        ratio={field ? 1 : image.width / image.height}
        // The picture of a cell of a field shows this part only.
        seenPart={field ? null : seenPartOf(frame, image)}
      />
    </Section>
  );
}

function HiddenCell() {
  return (
    <Section title="Cell and evidence map">
      <Typography variant="body2" color="textSecondary">
        Your role does not show patients’ images, case references and file names.
      </Typography>
    </Section>
  );
}

function Answer({ prediction }: { prediction: Prediction }) {
  const { outcome, label, modelVersion, outOfDistributionScore, timing } = prediction;
  const mayClassify = useMay('classify');
  return (
    <Section
      title="Result"
      actions={<OutcomeChip outcome={outcome} label={label} positiveLabel={modelVersion.positiveLabel} />}
    >
      <Stack spacing={1.5}>
        {outcome === 'CLASSIFIED' && <Typography>{explainOutcome(prediction)}</Typography>}
        <ProbabilityScale prediction={prediction} />
        <CellTypeLine prediction={prediction} />
        <AnswerNotices prediction={prediction} />
        {prediction.deviceAnswer && (
          <DeviceAnswerText answer={prediction.deviceAnswer} version={prediction.deviceAnswer.modelVersion} />
        )}
        <RepeatNotice prediction={prediction} />
        {mayClassify && showsSeveralCells(prediction) && (
          <ClassifyAsFieldButton predictionId={prediction.id} />
        )}
        <Facts
          facts={[
            [
              'Distance',
              `${decimal(outOfDistributionScore, 2)} from the training images (0 is typical, above 1 is not recognised)`,
            ],
            ['Case', <CaseOfPrediction key="case" prediction={prediction} />],
            ['Site', prediction.site?.name],
            [
              'Processing time',
              !prediction.repeatOf &&
                `${milliseconds(timing.totalMs)} (decoding ${milliseconds(timing.decodeMs)}, waiting ${milliseconds(timing.queueMs)}, model ${milliseconds(timing.inferenceMs)})`,
            ],
          ]}
        />
        <NotAMedicalDevice />
      </Stack>
    </Section>
  );
}

/** Whether a picture that was classified as one cell shows several. */
function showsSeveralCells({ field, qualityWarnings }: Prediction): boolean {
  return !field && qualityWarnings.includes('SEVERAL_CELLS');
}

/** 'image/jpeg' → 'JPEG' */
function formatName(mediaType: string): string {
  return mediaType.replace('image/', '').toUpperCase();
}

function Origin({ prediction }: { prediction: Prediction }) {
  const { modelVersion, image, region } = prediction;
  const { trainingRun, datasetSnapshot } = modelVersion;
  return (
    <Section title="Provenance">
      <Facts
        facts={[
          [
            'Model version',
            <Link key="version" component={RouterLink} to={`/model-versions/${modelVersion.id}`}>
              {modelVersion.model.name} version {modelVersion.version}
            </Link>,
          ],
          ['Artifact digest', <Code key="digest">{modelVersion.digest}</Code>],
          [
            'Training run',
            trainingRun && (
              <Link key="run" component={RouterLink} to={`/training/${trainingRun.id}`}>
                {trainingRun.id}
              </Link>
            ),
          ],
          [
            'Trained on',
            datasetSnapshot && (
              <Link key="snapshot" component={RouterLink} to={`/datasets/${datasetSnapshot.id}`}>
                {datasetSnapshot.name} version {datasetSnapshot.version}
              </Link>
            ),
          ],
          [
            'Image',
            `${image.width} × ${image.height} pixels, ${formatName(image.mediaType)}, ${bytes(image.byteSize)}`,
          ],
          [
            'Region',
            region &&
              `${region.width} × ${region.height} pixels, ${region.left} from the left and ${region.top} from the top of the image`,
          ],
          ['Image SHA-256', <Code key="sha256">{image.sha256}</Code>],
          ['Classified by', prediction.createdBy?.displayName],
          ['Prediction ID', <Code key="id">{prediction.id}</Code>],
        ]}
      />
    </Section>
  );
}
