import { useQuery } from '@apollo/client/react';
import { Button, Chip, Stack } from '@mui/material';
import { memo, useState } from 'react';
import { Link as RouterLink, useNavigate, useParams } from 'react-router';
import type { CasePageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { referenceOf, useChosenCase } from '../../session/chosen-case.js';
import { useMay } from '../../session/viewer.js';
import { useCameFrom } from '../../ui/came-from.js';
import { DateTime } from '../../ui/date-time.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Facts } from '../../ui/facts.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { usePolling } from '../../ui/use-polling.js';
import { EraseCaseButton } from '../erasure/erase-case-button.js';
import { ExportButton } from '../predictions/export-button.js';
import { NotAMedicalDevice } from '../../ui/not-a-medical-device.js';
import { CaseReport } from '../reports/case-report.js';
import { CaseReadings } from '../readings/case-readings.js';
import { CommentDialog } from './comment-dialog.js';
import { caseCountsText, caseStateLabels } from './case-words.js';
import { CaseDifferential } from './differential/case-differential.js';
import { Gallery } from './gallery/gallery.js';

const casePageQuery = graphql(`
  query CasePage($id: ID!) {
    case(id: $id) {
      ...CaseListEntry
      comment
    }
  }
`);

/** The first image of a case is shown after at most this time, in milliseconds. */
const FIRST_CELL_MS = 5_000;

const cases = { title: 'Cases', path: '/cases' };

type Case = NonNullable<CasePageQuery['case']>;

/** One case: its state, comment and counts, who worked on it, and its images. */
export function CasePage() {
  const { id = '' } = useParams();
  const query = useQuery(casePageQuery, { variables: { id }, fetchPolicy: 'cache-and-network' });
  usePolling(query.data?.case?.counts.cells === 0, query.refetch, FIRST_CELL_MS); // later changes come to the gallery
  return (
    <LoadedPage query={query} item={query.data?.case} kind="Case" list={cases}>
      {(loaded) => <OneCase entry={loaded} />}
    </LoadedPage>
  );
}

function OneCase({ entry }: { entry: Case }) {
  const navigate = useNavigate();
  const { id, reference, state, comment, createdAt, site, workedOnBy, counts } = entry;
  return (
    <Page
      title={reference ?? 'Case'}
      above={[useCameFrom(cases)]}
      subtitle={<Chip size="small" variant="outlined" label={caseStateLabels[state]} />}
      actions={
        reference !== null && (
          <>
            <ReadCellsButton caseId={id} />
            {state === 'OPEN' && <CommentButton caseId={id} comment={comment ?? ''} />}
            {counts.cells > 0 && <ExportButton filter={{ caseId: id }} />}
            <EraseCaseButton caseReference={reference} onErased={() => void navigate('/cases')} />
            <WorkOnCase reference={reference} />
          </>
        )
      }
    >
      <Stack spacing={2}>
        <Section title="Summary">
          <Facts
            facts={[
              ['Cells', counts.cells.toLocaleString()],
              ['By answer', counts.cells > 0 ? caseCountsText(counts) : null],
              ['Comment', comment],
              ['Created', <DateTime key="created" iso={createdAt} />],
              ['Site', site?.name],
              ['Worked on by', workedOnBy.map(({ displayName }) => displayName).join(', ') || null],
            ]}
          />
        </Section>
        <SectionsOfCells caseId={id} reference={reference} hasCells={counts.cells > 0} />
        <NotAMedicalDevice />
      </Stack>
    </Page>
  );
}

interface SectionsProps {
  caseId: string;
  reference: string | null;
  hasCells: boolean;
}

/** What is known of the cells. Reviews change the counts above often, which does not draw these sections again. */
const SectionsOfCells = memo(function SectionsOfCells({ caseId, reference, hasCells }: SectionsProps) {
  return (
    <>
      {hasCells ? (
        <Gallery id="cells" caseId={caseId} caseReference={reference} />
      ) : (
        <EmptyState title="This case has no cells">
          Images of this case appear here as soon as they are classified.
        </EmptyState>
      )}
      {hasCells && <CaseDifferential caseId={caseId} cellsId="cells" />}
      <CaseReadings caseId={caseId} />
      <CaseReport caseId={caseId} />
    </>
  );
});

/** Leads to the page that starts a reading of the cells, for users who may review. */
function ReadCellsButton({ caseId }: { caseId: string }) {
  if (!useMay('review')) return null;
  return (
    <Button component={RouterLink} to={`/readings/new?caseId=${caseId}`}>
      Read the cells
    </Button>
  );
}

/** Opens the dialog that changes the comment, for users who may do that. */
function CommentButton({ caseId, comment }: { caseId: string; comment: string }) {
  const [isOpen, setOpen] = useState(false);
  if (!useMay('review')) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{comment === '' ? 'Add a comment' : 'Edit the comment'}</Button>
      {isOpen && <CommentDialog caseId={caseId} comment={comment} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Chooses the case for the next images, and leads to the page where they are dropped. */
function WorkOnCase({ reference }: { reference: string }) {
  const [chosen, choose] = useChosenCase();
  const navigate = useNavigate();
  const mayClassify = useMay('classify');
  if (!mayClassify) return null;
  return (
    <Button
      variant="contained"
      onClick={() => {
        choose({ kind: 'case', reference });
        void navigate('/classify');
      }}
    >
      {referenceOf(chosen) === reference ? 'Classify images' : 'Work on this case'}
    </Button>
  );
}
