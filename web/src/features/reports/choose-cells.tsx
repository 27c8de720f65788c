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
  query ReportCells($first: Int!, $after: String, $filter: PredictionFilter!) {
    predictions(first: $first, after: $after, filter: $filter) {
      pageInfo {
        hasNextPage
        endCursor
      }
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

const PAGE_SIZE = 48;
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
  /** The chosen cells that the server has. */
  saved: readonly ReportCellFragment[];
  onChange: (chosen: readonly string[]) => void;
}

/** The cells of a case, to choose those that support the conclusion. */
export function ChooseCells({ caseId, positiveLabel, chosen, saved, onChange }: ChooseCellsProps) {
  const [shown, setShown] = useState('');
  const filters: Record<string, PredictionFilter> = {
    blasts: { label: positiveLabel, outcome: 'CLASSIFIED' },
    reviewed: { reviewed: true },
    withheld: { outcome: 'INDETERMINATE' },
  };
  const query = useQuery(reportCellsQuery, {
    variables: { first: PAGE_SIZE, filter: { caseId, ...filters[shown] } },
    fetchPolicy: 'cache-and-network',
  });
  const found = (query.data ?? (query.loading ? query.previousData : undefined))?.predictions;
  const seen = useSeenCells([...saved, ...(found?.edges ?? []).map(({ node }) => node)]);
  const chosenCells = chosen.flatMap((id) => seen.get(id) ?? []); // one of an earlier visit is known when it is saved
  const isFull = chosen.length >= MOST_SUPPORTING_CELLS;
  const toggle = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  const showMore = (after: string | null) =>
    void query
      .fetchMore({
        variables: { after },
        updateQuery: (before, { fetchMoreResult: { predictions } }) => ({
          predictions: { ...predictions, edges: [...before.predictions.edges, ...predictions.edges] },
        }),
      })
      .catch(() => undefined); // the query has the error
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
      {chosenCells.length > 0 && (
        <Box role="group" aria-label="Chosen cells" sx={cellsSx}>
          {chosenCells.map((cell) => (
            <CellToggle
              key={cell.id}
              cell={cell}
              place={chosen.indexOf(cell.id) + 1}
              disabled={false}
              onToggle={() => toggle(cell.id)}
            />
          ))}
        </Box>
      )}
      <PrintedCells cells={chosenCells} />
      <Loaded query={query} content={found} rows={2}>
        {({ edges, pageInfo }) => (
          <Stack spacing={1.5}>
            <Box role="group" aria-label="Cells of the case" sx={cellsSx}>
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
            {pageInfo.hasNextPage && (
              <Button
                loading={query.loading}
                onClick={() => showMore(pageInfo.endCursor)}
                sx={{ alignSelf: 'start' }}
              >
                Show more cells
              </Button>
            )}
          </Stack>
        )}
      </Loaded>
    </Stack>
  );
}

const cellsSx = { display: 'grid', gap: 1, gridTemplateColumns: 'repeat(auto-fill, minmax(92px, 1fr))' };

/** All cells that were shown here, by id: a chosen one stays known when another filter leaves it out. */
function useSeenCells(cells: readonly ReportCellFragment[]): ReadonlyMap<string, ReportCellFragment> {
  const [seen, setSeen] = useState<ReadonlyMap<string, ReportCellFragment>>(new Map());
  const all = new Map([...seen, ...cells.map((cell) => [cell.id, cell] as const)]);
  if (all.size > seen.size) setSeen(all);
  return all;
}

interface CellToggleProps {
  cell: ReportCellFragment;
  /** In the report, from 1; 0: not chosen. */
  place: number;
  disabled: boolean;
  onToggle: () => void;
}

function CellToggle({ cell, place, disabled, onToggle }: CellToggleProps) {
  const { cellImageUrl } = cell;
  const answer = answerText(cell);
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

/** The chosen cells on paper, where buttons are left out. */
function PrintedCells({ cells }: { cells: readonly ReportCellFragment[] }) {
  return (
    <Box sx={{ ...cellsSx, display: 'none', displayPrint: 'grid' }}>
      {cells.map((cell) => (
        <Box key={cell.id} component="figure" sx={{ m: 0 }}>
          <img src={cell.cellImageUrl ?? undefined} alt="" style={{ width: '100%' }} />
          <Typography component="figcaption" variant="caption">
            {answerText(cell)}, {reviewText(cell)}
          </Typography>
        </Box>
      ))}
    </Box>
  );
}

function answerText(cell: ReportCellFragment): string {
  const { outcome, modelVersion } = cell;
  if (outcome !== 'CLASSIFIED') return outcomeLabels[outcome];
  return `${modelVersion.positiveLabel} ${percent(positiveProbability(cell))}`;
}

/** What the newest review says. */
function reviewText({ reviews }: ReportCellFragment): string {
  const review = reviews.at(-1);
  if (!review) return 'Not reviewed';
  if (review.verdict !== 'LABEL') return verdictLabels[review.verdict];
  return review.cellType ? cellTypeLabels[review.cellType] : review.label;
}
