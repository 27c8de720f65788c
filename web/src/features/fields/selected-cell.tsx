import { useQuery } from '@apollo/client/react';
import { Box, Button, Link, Stack } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { BackIcon, NextIcon } from '../../ui/icons.js';
import { Loaded } from '../../ui/loaded.js';
import { Section } from '../../ui/section.js';
import { EvidenceViewer } from '../predictions/evidence-viewer.js';
import { CellTypeLine } from '../predictions/cell-type-line.js';
import { AnswerNotices } from '../predictions/notices.js';
import { OutcomeChip } from '../predictions/outcome-chip.js';
import { ProbabilityScale } from '../predictions/probability-scale.js';
import { Reviews } from '../reviews/reviews.js';

const fieldCellQuery = graphql(`
  query SelectedCell($id: ID!) {
    prediction(id: $id) {
      cellImageUrl
      ...Answer
      ...PredictionReviews
      modelVersion {
        id
        classes
      }
    }
  }
`);

interface SelectedCellProps {
  id: string;
  /** 1 for the first. */
  number: number;
  count: number;
  /** Selects the cell with this number. */
  onNumber: (number: number) => void;
}

/** One cell of a field: its image with the evidence map, the result, and its reviews. */
export function SelectedCell({ id, number, count, onNumber }: SelectedCellProps) {
  const query = useQuery(fieldCellQuery, { variables: { id }, fetchPolicy: 'cache-and-network' });
  const seesImages = useMay('see images');
  const prediction = query.data?.prediction;
  return (
    <Stack spacing={2}>
      <Section
        title={`Cell ${number} of ${count}`}
        actions={
          <Stack direction="row" spacing={1}>
            <Button
              size="small"
              startIcon={<BackIcon />}
              disabled={number <= 1}
              onClick={() => onNumber(number - 1)}
            >
              Previous
            </Button>
            <Button
              size="small"
              endIcon={<NextIcon />}
              disabled={number >= count}
              onClick={() => onNumber(number + 1)}
            >
              Next
            </Button>
          </Stack>
        }
      >
        <Loaded query={query} content={prediction ?? undefined} rows={1} height={240}>
          {(prediction) => (
            <Stack spacing={1.5} sx={{ alignItems: 'flex-start' }}>
              <OutcomeChip
                outcome={prediction.outcome}
                label={prediction.label}
                positiveLabel={prediction.modelVersion.positiveLabel}
              />
              {seesImages && prediction.cellImageUrl && (
                <Box sx={{ width: 'min(100%, 360px)' }}>
                  <EvidenceViewer
                    key={prediction.id}
                    src={`${prediction.cellImageUrl}?size=480`}
                    alt={`Cell ${number}`}
                    evidenceMapUrl={prediction.evidenceMapUrl}
                    positiveLabel={prediction.modelVersion.positiveLabel}
                  />
                </Box>
              )}
              <Stack spacing={1} sx={{ width: '100%' }}>
                <ProbabilityScale prediction={prediction} />
                <CellTypeLine prediction={prediction} />
                <AnswerNotices prediction={prediction} />
              </Stack>
              <Link
                component={RouterLink}
                to={`/predictions/${prediction.id}`}
                aria-label={`Open prediction of cell ${number}`}
              >
                Open prediction
              </Link>
            </Stack>
          )}
        </Loaded>
      </Section>
      {prediction && (
        <Reviews key={prediction.id} prediction={prediction} classes={prediction.modelVersion.classes} />
      )}
    </Stack>
  );
}
