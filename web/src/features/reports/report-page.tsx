import { useQuery } from '@apollo/client/react';
import { Alert, Box, Button, Chip, Stack, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { ReportPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Facts } from '../../ui/facts.js';
import { count } from '../../ui/format.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { UserErrors } from '../../ui/user-errors.js';
import { DifferentialTable } from '../cases/differential/differential-table.js';
import { NotAMedicalDevice } from '../../ui/not-a-medical-device.js';
import { ChangesSinceSigned } from './case-report.js';
import { ChooseCells } from './choose-cells.js';
import type { DraftForm } from './kept-draft.js';
import { ReportLinks } from './report-links.js';
import { ReportVersions } from './report-versions.js';
import { SignDialog } from './sign-dialog.js';
import { SigningObstacles } from './signing-obstacles.js';
import { useReportDraft } from './use-report-draft.js';

const reportPageQuery = graphql(`
  query ReportPage($id: ID!) {
    case(id: $id) {
      reference
      ...ReportToSign
      predictions(first: 1) {
        edges {
          node {
            id
            modelVersion {
              id
              positiveLabel
            }
          }
        }
      }
    }
  }
`);

const cases = { title: 'Cases', path: '/cases' };
/** Work of others on the case is shown after at most this time. */
const POLL_MS = 15_000;

type Case = NonNullable<ReportPageQuery['case']>;
type Draft = NonNullable<Case['reportDraft']>;

/** The page where the report of a case is written, signed and read. */
export function ReportPage() {
  const { id = '' } = useParams();
  const query = useQuery(reportPageQuery, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
    pollInterval: POLL_MS,
  });
  return (
    <LoadedPage query={query} item={query.data?.case} kind="Report" list={cases}>
      {(loaded) => <OneReport of={loaded} />}
    </LoadedPage>
  );
}

function OneReport({ of }: { of: Case }) {
  const { id, reference, state, reports, reportDraft, changesSinceSigned } = of;
  const mayWrite = useMay('review');
  return (
    <Page
      title={`Report of case ${reference ?? id}`}
      above={[cases, { title: reference ?? 'Case', path: `/cases/${id}` }]}
      subtitle={<Chip size="small" variant="outlined" label={state === 'SIGNED' ? 'Signed' : 'Draft'} />}
    >
      <Stack spacing={2}>
        {state === 'SIGNED' && <ChangesSinceSigned changes={changesSinceSigned} />}
        {reportDraft && mayWrite && <Writer of={of} draft={reportDraft} />}
        <Section title="Signed reports">
          {reports.length > 0 ? (
            <ReportVersions reports={reports} />
          ) : (
            <EmptyState title="Nobody has signed this report yet">
              Signed versions are kept here, also after the report has changed.
            </EmptyState>
          )}
        </Section>
        <NotAMedicalDevice />
      </Stack>
    </Page>
  );
}

/** The conclusion, the cells that support it, what is still missing, and the signature. */
function Writer({ of, draft }: { of: Case; draft: Draft }) {
  const { id, reports, signingObstacles, predictions, differential } = of;
  const editor = useReportDraft(id, draft);
  const { form, change } = editor;
  /** The report that the user has read and signs, while the dialog is open. */
  const [signed, setSigned] = useState<string | null>(null);
  const version = (reports[0]?.version ?? 0) + 1;
  return (
    <>
      <Section title="Differential">
        {differential && <DifferentialTable differential={differential} />}
      </Section>
      <Section
        title={version === 1 ? 'Conclusion' : `Conclusion of version ${version}`}
        hint="A person writes the conclusion. It is saved while you write."
        actions={<ReportLinks of="the draft" pdfUrl={draft.pdfUrl} fhirUrl={draft.fhirUrl} />}
      >
        <Stack spacing={2}>
          {editor.conflict && (
            <Conflict
              draft={draft}
              changed={editor.changedByOthers}
              onKeep={editor.keepMine}
              onTake={editor.takeTheirs}
            />
          )}
          <TextField
            label="Conclusion"
            value={form.conclusion}
            onChange={(event) => change({ conclusion: event.target.value })}
            onBlur={() => void editor.flush()}
            multiline
            minRows={5}
            slotProps={{ htmlInput: { maxLength: 4000 } }}
          />
          <TextField
            label="Reason for counting fewer cells than the minimum"
            value={form.fewCellsReason}
            onChange={(event) => change({ fewCellsReason: event.target.value })}
            onBlur={() => void editor.flush()}
            helperText="Only if there are too few. The report states it as a limitation."
            slotProps={{ htmlInput: { maxLength: 500 } }}
          />
          {/* Fields are not printed. */}
          <Box sx={{ display: 'none', displayPrint: 'block', whiteSpace: 'pre-line' }}>
            <Typography>{form.conclusion || 'No conclusion has been written yet.'}</Typography>
            {form.fewCellsReason && <Typography>Too few cells: {form.fewCellsReason}</Typography>}
          </Box>
          <Typography variant="body2" color="textSecondary" role="status">
            {savingText(editor)}
          </Typography>
          <UserErrors errors={editor.userErrors} />
          {editor.error && <Problem error={editor.error} retry={() => void editor.flush()} />}
        </Stack>
      </Section>
      <Section
        title="Cells that support the conclusion"
        hint="They are shown in the report with the probability and the review, in the order in which you choose them."
      >
        <ChooseCells
          caseId={id}
          positiveLabel={predictions.edges[0]?.node.modelVersion.positiveLabel}
          chosen={form.chosen}
          saved={draft.supportingCells}
          onChange={(chosen) => change({ chosen })}
        />
      </Section>
      <Section title="Signature">
        <Stack spacing={2} sx={{ alignItems: 'start' }}>
          <SigningObstacles obstacles={signingObstacles} />
          {/* A text that is not saved yet is not part of what would be signed. */}
          <Button
            variant="contained"
            disabled={signingObstacles.length > 0 || editor.conflict || editor.isUnsaved}
            onClick={() => setSigned(draft.digest)}
          >
            Sign the report
          </Button>
        </Stack>
      </Section>
      {signed !== null && (
        <SignDialog
          caseId={id}
          digest={signed}
          version={version}
          onSigned={() => setSigned(null)}
          onClose={() => setSigned(null)}
        />
      )}
    </>
  );
}

function savingText({
  isUnsaved,
  isSaving,
}: Pick<ReturnType<typeof useReportDraft>, 'isUnsaved' | 'isSaving'>): string {
  if (isSaving) return 'Saving…';
  return isUnsaved ? 'Not saved yet' : 'Saved';
}

interface ConflictProps {
  /** What the other person has written. */
  draft: Draft;
  /** Which parts they have changed. */
  changed: Record<keyof DraftForm, boolean>;
  onKeep: () => void;
  onTake: () => void;
}

/** Lets the user decide which of two texts is kept. */
function Conflict({ draft, changed, onKeep, onTake }: ConflictProps) {
  const { conclusion, fewCellsReason, supportingCells, updatedBy } = draft;

  return (
    <Alert severity="warning">
      <Typography>
        {updatedBy?.displayName ?? 'Somebody else'} has changed the report at the same time. Your changes are
        not saved. Theirs:
      </Typography>
      <Box sx={{ whiteSpace: 'pre-line', my: 1, overflowWrap: 'anywhere' }}>
        <Facts
          facts={[
            ['Conclusion', changed.conclusion && (conclusion || 'No conclusion.')],
            ['Reason for fewer cells', changed.fewCellsReason && (fewCellsReason || 'No reason.')],
            ['Cells', changed.chosen && `${count(supportingCells.length, 'cell')} chosen`],
          ]}
        />
      </Box>
      <Typography sx={{ mb: 1 }}>If you save yours, what only they have changed stays as theirs.</Typography>
      <Stack direction="row" spacing={1}>
        <Button size="small" variant="outlined" color="inherit" onClick={onKeep}>
          Save mine
        </Button>
        <Button size="small" variant="outlined" color="inherit" onClick={onTake}>
          Take theirs
        </Button>
      </Stack>
    </Alert>
  );
}
