import { useQuery } from '@apollo/client/react';
import { Alert, Button, Link, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import type { DifferentialFragment } from '../../../graphql/graphql.js';
import { useMay } from '../../../session/viewer.js';
import { Facts } from '../../../ui/facts.js';
import { count, decimal, percent } from '../../../ui/format.js';
import { Loaded } from '../../../ui/loaded.js';
import { Section } from '../../../ui/section.js';
import { caseDifferentialQuery } from './differential-query.js';
import { DifferentialTable } from './differential-table.js';
import { countWarnings, errorsText, toReviewText, unknownTypesText } from './differential-words.js';
import { RulesDialog } from './rules-dialog.js';

interface CaseDifferentialProps {
  caseId: string;
  /** The id of the element with the case's cells, which the cells that need a review are looked for in. */
  cellsId: string;
}

/** The differential of a case. It is read again together with the other queries of the page when a cell is reviewed. */
export function CaseDifferential({ caseId, cellsId }: CaseDifferentialProps) {
  const query = useQuery(caseDifferentialQuery, {
    variables: { id: caseId },
    fetchPolicy: 'cache-and-network',
  });
  const found = (query.data ?? query.previousData)?.case;
  const differential = found?.differential ?? undefined;
  const mayReview = useMay('review');
  const [isOpen, setOpen] = useState(false);
  return (
    <Section
      title="Differential"
      hint="White cells by the newest review of each, or else by the model."
      actions={
        differential &&
        mayReview &&
        found?.state === 'OPEN' && (
          <Button size="small" onClick={() => setOpen(true)} sx={{ displayPrint: 'none' }}>
            Rules
          </Button>
        )
      }
    >
      <Loaded query={query} content={differential} rows={4}>
        {(loaded) => (
          <Stack spacing={2}>
            <ToReview differential={loaded} cellsId={cellsId} />
            <DifferentialTable differential={loaded} />
            <CountedApart differential={loaded} />
            <Limits differential={loaded} />
          </Stack>
        )}
      </Loaded>
      {isOpen && differential && (
        <RulesDialog caseId={caseId} rules={differential} onClose={() => setOpen(false)} />
      )}
    </Section>
  );
}

/** Whether the percentage of blasts can be signed, and what speaks against it. */
function ToReview({ differential, cellsId }: { differential: DifferentialFragment; cellsId: string }) {
  const left = toReviewText(differential.toReview);
  const warnings = countWarnings(differential);
  return (
    <Stack spacing={1} role="status">
      {left === null ? (
        <Alert severity="success">
          Every cell that is a blast by the model, needs review or is not recognised has been reviewed.
        </Alert>
      ) : (
        <Alert severity="info">
          To be reviewed before a percentage of blasts can be signed: {left}.{' '}
          {/* Not an address: with the base of the page, "#cells" would lead to the start page. */}
          <Link
            component="button"
            type="button"
            onClick={() => document.getElementById(cellsId)?.scrollIntoView()}
            sx={{ verticalAlign: 'baseline' }}
          >
            Review these cells
          </Link>
        </Alert>
      )}
      {warnings.map((text) => (
        <Alert key={text} severity="warning">
          {text}
        </Alert>
      ))}
    </Stack>
  );
}

/** The cells that are in no row, and the rules. */
function CountedApart({ differential }: { differential: DifferentialFragment }) {
  const { erythroblasts, erythroblastsPer100, smudgeCells, notCells, undecided, toReview } = differential;
  const { minimumCells, countBandsSeparately } = differential;
  const open = toReview.needsReview + toReview.notRecognised;
  return (
    <Facts
      facts={[
        [
          'Erythroblasts',
          erythroblastsPer100 !== null &&
            `${decimal(erythroblastsPer100, 1)} per 100 white cells (${count(erythroblasts, 'cell')})`,
        ],
        [
          'Blasts of all nucleated cells',
          minimumCells === 500 && erythroblasts > 0 && blastsOfNucleated(differential),
        ],
        ['Smudge cells', smudgeCells.toLocaleString()],
        ['Not a cell', `${notCells.toLocaleString()}, left out`],
        ['Cannot tell', `${undecided.toLocaleString()}, left out`],
        ['Not answered', open > 0 && `${open.toLocaleString()}, in no row until they are reviewed`],
        [
          'Rules',
          `At least ${minimumCells.toLocaleString()} white cells. Bands ${countBandsSeparately ? 'are counted separately' : 'count as segmented neutrophils'}.`,
        ],
      ]}
    />
  );
}

/** In a bone marrow, erythroblasts belong to the cells of which a percentage is given. */
function blastsOfNucleated({ blasts, whiteCells, erythroblasts }: DifferentialFragment): string {
  return percent(blasts.count / (whiteCells + erythroblasts));
}

/** What the figures do not cover. */
function Limits({ differential }: { differential: DifferentialFragment }) {
  const { versions, rows } = differential;
  const hasEstimates = rows.some(({ isEstimate }) => isEstimate);
  const errors = versions.flatMap((version) => errorsText(version) ?? []);
  const texts = [
    'The interval is the exact one of Clopper and Pearson. It covers only which cells were counted by chance, not whether each was counted as the right type.',
    ...(hasEstimates
      ? [
          'A model estimate has cells that nobody has reviewed, so it has no interval.',
          ...(errors.length > 0
            ? errors
            : ['The model also answers “blast” for some cells that are none, and misses some blasts.']),
        ]
      : []),
    ...versions.flatMap((version) => unknownTypesText(version) ?? []),
  ];
  return (
    <Stack spacing={0.5}>
      {texts.map((text) => (
        <Typography key={text} variant="body2" color="textSecondary">
          {text}
        </Typography>
      ))}
    </Stack>
  );
}
