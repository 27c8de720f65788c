import {
  Box,
  Link,
  Paper,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Typography,
  useMediaQuery,
  useTheme,
} from '@mui/material';
import { Link as RouterLink } from 'react-router';
import { useLinkState } from '../../ui/came-from.js';
import { colours } from '../../ui/colours.js';
import type { HistoryRowFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { DateTime } from '../../ui/date-time.js';
import { percent, readable } from '../../ui/format.js';
import { verdictLabels } from '../../ui/labels.js';
import { CaseLink } from '../cases/case-link.js';
import { VerdictIcon } from '../reviews/verdict-icon.js';
import { boundsText, positiveProbability } from './explain.js';
import { OutcomeChip } from './outcome-chip.js';

export const historyRowFragment = graphql(`
  fragment HistoryRow on Prediction {
    id
    createdAt
    fileName
    caseReference
    case {
      id
    }
    outcome
    label
    finalLabel
    probabilities {
      label
      probability
    }
    cellImageUrl
    field {
      id
    }
    image {
      sha256
      thumbnailUrl
    }
    modelVersion {
      id
      version
      positiveLabel
      decisionThreshold
      abstentionBand
      model {
        id
        name
      }
    }
    reviews {
      id
      verdict
      agreesWithModel
    }
  }
`);

interface HistoryListProps {
  predictions: readonly HistoryRowFragment[];
  /** True while the next page is loading. */
  dimmed: boolean;
}

/** Predictions as a table, or as cards on narrow screens. */
export function HistoryList({ predictions, dimmed }: HistoryListProps) {
  const wide = useMediaQuery(useTheme().breakpoints.up('md'));
  return (
    <Box sx={{ opacity: dimmed ? 0.5 : 1 }} aria-busy={dimmed}>
      {wide ? <HistoryTable predictions={predictions} /> : <HistoryCards predictions={predictions} />}
    </Box>
  );
}

type Rows = Pick<HistoryListProps, 'predictions'>;

function HistoryTable({ predictions }: Rows) {
  return (
    <TableContainer component={Paper}>
      <Table size="small" aria-label="Predictions">
        <TableHead>
          <TableRow>
            <TableCell>Image</TableCell>
            <TableCell>Outcome</TableCell>
            <TableCell>Probability</TableCell>
            <TableCell>Case reference</TableCell>
            <TableCell>Review</TableCell>
            <TableCell>Model version</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {predictions.map((prediction) => (
            <TableRow key={prediction.id} hover>
              <TableCell>
                <Stack direction="row" spacing={1.5} sx={{ alignItems: 'center' }}>
                  <Thumbnail prediction={prediction} />
                  <Box sx={{ minWidth: 0 }}>
                    <PredictionLink prediction={prediction} />
                    <Typography variant="caption" color="textSecondary" component="p" noWrap>
                      <FieldLink prediction={prediction} />
                      <DateTime iso={prediction.createdAt} />
                    </Typography>
                  </Box>
                </Stack>
              </TableCell>
              <TableCell>
                <Outcome prediction={prediction} />
              </TableCell>
              <TableCell sx={{ minWidth: 150 }}>
                <Probability prediction={prediction} />
              </TableCell>
              <TableCell sx={{ overflowWrap: 'anywhere', minWidth: 110 }}>
                <CaseLink of={prediction.case} reference={prediction.caseReference} />
              </TableCell>
              <TableCell>
                <ReviewNote prediction={prediction} />
              </TableCell>
              <TableCell sx={{ whiteSpace: 'nowrap' }}>
                <Link
                  component={RouterLink}
                  to={`/model-versions/${prediction.modelVersion.id}`}
                  underline="hover"
                >
                  {prediction.modelVersion.model.name} version {prediction.modelVersion.version}
                </Link>
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

function HistoryCards({ predictions }: Rows) {
  return (
    <Stack component="ul" aria-label="Predictions" spacing={1} sx={{ listStyle: 'none', p: 0, m: 0 }}>
      {predictions.map((prediction) => (
        <Paper component="li" key={prediction.id} sx={{ p: 1.5 }}>
          <Stack direction="row" spacing={1.5}>
            <Thumbnail prediction={prediction} />
            <Box sx={{ minWidth: 0, flex: 1 }}>
              <Stack direction="row" spacing={1} sx={{ alignItems: 'center', mb: 0.25 }}>
                <Outcome prediction={prediction} />
              </Stack>
              <Probability prediction={prediction} />
              <PredictionLink prediction={prediction} />
              <Typography variant="caption" color="textSecondary" component="p">
                <FieldLink prediction={prediction} />
                {prediction.case && (
                  <>
                    <CaseLink of={prediction.case} reference={prediction.caseReference} /> ·{' '}
                  </>
                )}
                <DateTime iso={prediction.createdAt} />
              </Typography>
              <ReviewNote prediction={prediction} />
            </Box>
          </Stack>
        </Paper>
      ))}
    </Stack>
  );
}

interface Row {
  prediction: HistoryRowFragment;
}

/** The probability of the positive class, named because models differ in it, with what it is compared with. */
function Probability({ prediction }: Row) {
  const { positiveLabel } = prediction.modelVersion;
  return (
    <>
      <Typography variant="body2">
        {readable(positiveLabel)} {percent(positiveProbability(prediction))}
      </Typography>
      <Typography variant="caption" color="textSecondary" component="p">
        {boundsText(prediction)}
      </Typography>
    </>
  );
}

function Thumbnail({ prediction }: Row) {
  const seesImages = useMay('see images');
  if (!seesImages) return null;
  return (
    <img
      src={prediction.field ? (prediction.cellImageUrl ?? undefined) : prediction.image.thumbnailUrl}
      alt=""
      width={48}
      height={48}
      loading="lazy"
      style={{ borderRadius: 6, objectFit: 'cover', background: colours.pictureBackground, flexShrink: 0 }}
    />
  );
}

function PredictionLink({ prediction }: Row) {
  return (
    <Link
      component={RouterLink}
      to={`/predictions/${prediction.id}`}
      state={useLinkState()}
      underline="hover"
      variant="body2"
      noWrap
      // 24 px high, and as far from the link below, to be hit by a finger.
      sx={{ display: 'block', maxWidth: { xs: 220, lg: 260 }, py: 0.25, mb: 0.25 }}
    >
      {prediction.fileName ?? prediction.id}
    </Link>
  );
}

function FieldLink({ prediction: { id, field } }: Row) {
  const linkState = useLinkState();
  if (!field) return null;
  return (
    <>
      <Link component={RouterLink} to={`/fields/${field.id}?cell=${id}`} state={linkState}>
        Cell of a field
      </Link>{' '}
      ·{' '}
    </>
  );
}

function Outcome({ prediction }: Row) {
  return (
    <OutcomeChip
      outcome={prediction.outcome}
      label={prediction.label}
      positiveLabel={prediction.modelVersion.positiveLabel}
    />
  );
}

function ReviewNote({ prediction }: Row) {
  const newest = prediction.reviews.at(-1);
  if (!newest) return null;
  const textOf = () => {
    if (newest.verdict !== 'LABEL') return verdictLabels[newest.verdict];
    return newest.agreesWithModel ? 'Confirmed' : `Corrected to ${readable(prediction.finalLabel)}`;
  };
  return (
    <Stack direction="row" spacing={0.5} sx={{ alignItems: 'center' }}>
      <VerdictIcon review={newest} />
      <Typography variant="body2">{textOf()}</Typography>
    </Stack>
  );
}
