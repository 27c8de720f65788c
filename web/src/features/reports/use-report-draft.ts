import { useApolloClient, useMutation } from '@apollo/client/react';
import { useEffect, useRef, useState } from 'react';
import type { CaseReportFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useViewer } from '../../session/viewer.js';
import { useWarningBeforeLeaving } from '../../ui/use-warning-before-leaving.js';
import { type DraftBase, type DraftForm, keepDraft, readKeptDraft } from './kept-draft.js';
import { differences, mergeDrafts } from './merge-drafts.js';

const saveReportDraftMutation = graphql(`
  mutation SaveReportDraft($input: SaveReportDraftInput!) {
    saveReportDraft(input: $input) {
      case {
        ...ReportToSign
      }
      userErrors {
        code
        message
      }
    }
  }
`);

type Draft = NonNullable<CaseReportFragment['reportDraft']>;

/** How long the user has paused when a change is saved, in milliseconds. */
const PAUSE_MS = 1_000;

/**
 * The texts and cells of a draft while the user changes them. Changes are saved after a short pause, one after the other, and kept in the
 * browser tab until they are saved. If somebody else has changed the draft, nothing is overwritten: `conflict` is true until the user
 * decides with `keepMine` or `takeTheirs`.
 */
export function useReportDraft(caseId: string, draft: Draft) {
  const client = useApolloClient();
  const { id: viewerId } = useViewer();
  const [kept] = useState(() => readKeptDraft(viewerId, caseId));
  const [edited, setEdited] = useState<DraftForm | null>(kept?.form ?? null);
  /** The edited form that the server has. */
  const [saved, setSaved] = useState<DraftForm | null>(null);
  const [base, setBase] = useState<DraftBase>(kept?.base ?? baseOf(draft));
  const [conflict, setConflict] = useState(false);
  const [save, mutation] = useMutation(saveReportDraftMutation);
  const work = useRef<{ latest: DraftForm | null; saved: DraftForm | null; base: DraftBase }>({
    ...{ latest: edited, saved: null, base },
  });
  const queue = useRef<Promise<void>>(Promise.resolve());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const isUnsaved = edited !== null && edited !== saved;
  useWarningBeforeLeaving(isUnsaved);

  // Nothing of the user is unsaved: the form shows what somebody else has written.
  if (edited !== null && !isUnsaved && draft.revision > base.revision) setEdited(null);

  const keep = () => {
    const { latest, saved: known, base: since } = work.current;
    keepDraft(viewerId, caseId, latest === null || latest === known ? null : { form: latest, base: since });
  };

  const sendLatest = async () => {
    const { latest, saved: known, base: since } = work.current;
    if (latest === null || latest === known) return;
    const { chosen, ...texts } = latest;
    const input = { caseId, revision: since.revision, ...texts, supportingPredictionIds: [...chosen] };
    const { data } = await save({ variables: { input } }).catch(() => ({ data: undefined }));
    if (!data) return; // the mutation has the error
    const { userErrors, case: of } = data.saveReportDraft;
    if (userErrors.some(({ code }) => code === 'CONFLICT')) {
      await client.refetchQueries({ include: ['ReportPage'] });
      setConflict(true);
    }
    if (!of?.reportDraft) return;
    work.current.saved = latest;
    work.current.base = { revision: of.reportDraft.revision, form: latest };
    keep();
    setSaved(latest);
    setBase(work.current.base);
  };

  /** Saves what is not saved yet. Resolves when it is done. */
  const flush = async () => {
    clearTimeout(timer.current);
    queue.current = queue.current.then(sendLatest);
    await queue.current;
  };

  const form = edited ?? formOf(draft);

  const change = (changes: Partial<DraftForm>) => {
    const next = { ...form, ...changes };
    if (edited === null) {
      work.current = { latest: next, saved: null, base: baseOf(draft) };
      setSaved(null);
      setBase(work.current.base);
    }
    work.current.latest = next;
    keep();
    setEdited(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void flush(), PAUSE_MS);
  };

  const keepMine = () => {
    const next = mergeDrafts(base.form, form, formOf(draft));
    work.current = { latest: next, saved: null, base: baseOf(draft) };
    keep();
    setEdited(next);
    setBase(work.current.base);
    setConflict(false);
    void flush();
  };
  const takeTheirs = () => {
    clearTimeout(timer.current);
    work.current = { latest: null, saved: null, base: baseOf(draft) };
    keep();
    setConflict(false);
    setEdited(null);
  };

  const lastFlush = useRef(flush);
  useEffect(() => {
    lastFlush.current = flush;
  });
  useEffect(() => {
    void lastFlush.current(); // what was kept from the last visit
    return () => void lastFlush.current(); // when the user leaves the page
  }, []);

  return {
    ...{ form, change, flush, conflict, keepMine, takeTheirs },
    isUnsaved,
    /** What somebody else has changed since the user began. */
    changedByOthers: differences(base.form, formOf(draft)),
    isSaving: mutation.loading,
    error: mutation.error,
    /** Except conflicts. */
    userErrors: conflict ? [] : (mutation.data?.saveReportDraft.userErrors ?? []),
  };
}

function formOf({ conclusion, fewCellsReason, supportingCells }: Draft): DraftForm {
  return { conclusion, fewCellsReason, chosen: supportingCells.map(({ id }) => id) };
}

function baseOf(draft: Draft): DraftBase {
  return { revision: draft.revision, form: formOf(draft) };
}
