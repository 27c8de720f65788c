import { useQuery } from '@apollo/client/react';
import { Box, ButtonBase, Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import type { PredictionFilter, ReportCellFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { ChoiceField } from '../../ui/choice-field.js';
import { CheckIcon } from '../../ui/icons.js';
import { percent } from '../../ui/format.js';
import { cellTypeLabels, outcomeLabels, verdictLabels } from '../../ui/labels.js';
import { Loaded } from '../../ui/loaded.js';
import { positiveProbability } from '../predictions/explain.js';
import { MOST_SUPPORTING_CELLS } from './report-words.js';

const reportCellsQuery = graphql(`
  query ReportCells($first: Int!, $filter: PredictionFilter!) {
    predictions(first: $first, filter: $filter) {
      totalCount
      edges {
        node {
          ...ReportCell
        }
      }
    }
  }
`);

export const reportCellFragment = graphql(`
  fragment ReportCell on Prediction {
    id
    outcome
    label
    cellImageUrl
    probabilities {
      label
      probability
    }
    modelVersion {
      id
      positiveLabel
    }
    reviews {
      id
      verdict
      label
      cellType
    }
  }
`);

const STEP = 48;
const shownCells: [value: string, text: string][] = [
  ['blasts', 'Blasts by the model'],
  ['reviewed', 'Reviewed cells'],
  ['withheld', 'Needs review'],
];

interface ChooseCellsProps {
  caseId: string;
  /** Of the model versions of the case, such as 'blast'; undefined without cells. */
  positiveLabel: string | undefined;
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}

/** The cells of a case, to choose those that support the conclusion. */
export function ChooseCells({ caseId, positiveLabel, chosen, onChange }: ChooseCellsProps) {
  const [shown, setShown] = useState('');
  const [first, setFirst] = useState(STEP);
  const filters: Record<string, PredictionFilter> = {
    blasts: { label: positiveLabel, outcome: 'CLASSIFIED' },
    reviewed: { reviewed: true },
    withheld: { outcome: 'INDETERMINATE' },
  };
  const query = useQuery(reportCellsQuery, {
    variables: { first, filter: { caseId, ...filters[shown] } },
    fetchPolicy: 'cache-and-network',
  });
  const found = (query.data ?? (query.loading ? query.previousData : undefined))?.predictions;
  const isFull = chosen.length >= MOST_SUPPORTING_CELLS;
  const toggle = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  return (
    <Stack spacing={1.5}>
      <Stack direction="row" spacing={2} sx={{ alignItems: 'center', flexWrap: 'wrap' }} useFlexGap>
        <Box sx={{ width: 220 }}>
          <ChoiceField label="Show" value={shown} onChange={setShown} options={shownCells} />
        </Box>
        <Typography variant="body2" role="status">
          {chosen.length} of at most {MOST_SUPPORTING_CELLS} cells chosen
        </Typography>
      </Stack>
      <Loaded query={query} content={found} rows={2}>
        {({ edges, totalCount }) => (
          <Stack spacing={1.5}>
            <Box
              role="group"
              aria-label="Cells of the case"
              sx={{ display: 'grid', gap: 1, gridTemplateColumns: 'repeat(auto-fill, minmax(92px, 1fr))' }}
            >
              {edges.map(({ node }) => (
                <CellToggle
                  key={node.id}
                  cell={node}
                  place={chosen.indexOf(node.id) + 1}
                  disabled={isFull && !chosen.includes(node.id)}
                  onToggle={() => toggle(node.id)}
                />
              ))}
            </Box>
            {edges.length < totalCount && (
              <Button onClick={() => setFirst(Math.min(first + STEP, 200))} sx={{ alignSelf: 'start' }}>
                Show more cells
              </Button>
            )}
          </Stack>
        )}
      </Loaded>
    </Stack>
  );
}

interface CellToggleProps {
  cell: ReportCellFragment;
  /** In the report, from 1; 0: not chosen. */
  place: number;
  disabled: boolean;
  onToggle: () => void;
}

function CellToggle({ cell, place, disabled, onToggle }: CellToggleProps) {
  const { modelVersion, outcome, cellImageUrl } = cell;
  const answer =
    outcome === 'CLASSIFIED'
      ? `${modelVersion.positiveLabel} ${percent(positiveProbability(cell))}`
      : outcomeLabels[outcome];
  const review = reviewText(cell);
  return (
    <ButtonBase
      aria-pressed={place > 0}
      aria-label={[answer, review, ...(place > 0 ? [`chosen, place ${place}`] : [])].join(', ')}
      disabled={disabled}
      onClick={onToggle}
      sx={{
        ...{ flexDirection: 'column', alignItems: 'stretch', justifyContent: 'flex-start' },
        ...{ textAlign: 'left', p: 0.5, borderRadius: 1 },
        ...{ position: 'relative', border: 2, borderColor: place > 0 ? 'primary.main' : 'divider' },
        opacity: disabled ? 0.5 : 1,
      }}
    >
      <Box
        component="img"
        src={cellImageUrl ?? undefined}
        alt=""
        loading="lazy"
        sx={{ width: '100%', aspectRatio: 1, objectFit: 'contain', borderRadius: 0.5 }}
      />
      {place > 0 && (
        <Box
          sx={{
            ...{ position: 'absolute', top: 4, right: 4, borderRadius: '50%', width: 24, height: 24 },
            ...{
              bgcolor: 'primary.main',
              color: 'primary.contrastText',
              display: 'grid',
              placeItems: 'center',
            },
          }}
        >
          <CheckIcon sx={{ fontSize: 18 }} />
        </Box>
      )}
      <Typography variant="caption">{answer}</Typography>
      <Typography variant="caption" color="textSecondary">
        {review}
      </Typography>
    </ButtonBase>
  );
}

/** What the newest review says. */
function reviewText({ reviews }: ReportCellFragment): string {
  const review = reviews.at(-1);
  if (!review) return 'Not reviewed';
  if (review.verdict !== 'LABEL') return verdictLabels[review.verdict];
  return review.cellType ? cellTypeLabels[review.cellType] : review.label;
}
