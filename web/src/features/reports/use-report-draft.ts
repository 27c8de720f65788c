import { useApolloClient, useMutation } from '@apollo/client/react';
import { useEffect, useRef, useState } from 'react';
import type { CaseReportFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';

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

export interface DraftForm {
  conclusion: string;
  fewCellsReason: string;
  /** Ids of the cells, in the order of the report. */
  chosen: readonly string[];
}

type Draft = NonNullable<CaseReportFragment['reportDraft']>;

/** How long the user has paused when a change is saved, in milliseconds. */
const PAUSE_MS = 1_000;

/**
 * The texts and cells of a draft while the user changes them. Changes are saved after a short pause, one after the other. If somebody else has
 * changed the draft, nothing is overwritten: `conflict` is true until the user decides with `keepMine` or `takeTheirs`.
 */
export function useReportDraft(caseId: string, draft: Draft) {
  const client = useApolloClient();
  const [edited, setEdited] = useState<DraftForm | null>(null);
  /** The edited form that the server has. */
  const [saved, setSaved] = useState<DraftForm | null>(null);
  const [base, setBase] = useState(draft.revision);
  const [conflict, setConflict] = useState(false);
  const [save, mutation] = useMutation(saveReportDraftMutation);
  const work = useRef<{ latest: DraftForm | null; saved: DraftForm | null; base: number }>({
    ...{ latest: null, saved: null, base: draft.revision },
  });
  const queue = useRef<Promise<void>>(Promise.resolve());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  // Nothing of the user is unsaved: the form shows what somebody else has written.
  if (edited !== null && edited === saved && draft.revision > base) setEdited(null);

  const sendLatest = async () => {
    const { latest, saved: known, base: revision } = work.current;
    if (latest === null || latest === known) return;
    const { chosen, ...texts } = latest;
    const input = { caseId, revision, ...texts, supportingPredictionIds: [...chosen] };
    const { data } = await save({ variables: { input } }).catch(() => ({ data: undefined }));
    if (!data) return; // the mutation has the error
    const { userErrors, case: of } = data.saveReportDraft;
    if (userErrors.some(({ code }) => code === 'CONFLICT')) {
      await client.refetchQueries({ include: ['ReportPage'] });
      setConflict(true);
    }
    if (!of?.reportDraft) return;
    work.current.saved = latest;
    work.current.base = of.reportDraft.revision;
    setSaved(latest);
    setBase(of.reportDraft.revision);
  };

  /** Saves what is not saved yet. Resolves when it is done. */
  const flush = async () => {
    clearTimeout(timer.current);
    queue.current = queue.current.then(sendLatest);
    await queue.current;
  };

  const form = edited ?? {
    conclusion: draft.conclusion,
    fewCellsReason: draft.fewCellsReason,
    chosen: draft.supportingCells.map(({ id }) => id),
  };

  const change = (changes: Partial<DraftForm>) => {
    const next = { ...form, ...changes };
    if (edited === null) {
      work.current = { latest: next, saved: null, base: draft.revision };
      setSaved(null);
      setBase(draft.revision);
    }
    work.current.latest = next;
    setEdited(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void flush(), PAUSE_MS);
  };

  const keepMine = () => {
    work.current.base = draft.revision;
    setConflict(false);
    void flush();
  };
  const takeTheirs = () => {
    clearTimeout(timer.current);
    work.current = { latest: null, saved: null, base: draft.revision };
    setConflict(false);
    setEdited(null);
  };

  const lastFlush = useRef(flush);
  useEffect(() => {
    lastFlush.current = flush;
  });
  useEffect(() => () => void lastFlush.current(), []); // when the user leaves the page

  return {
    ...{ form, change, flush, conflict, keepMine, takeTheirs },
    isUnsaved: edited !== null && edited !== saved,
    isSaving: mutation.loading,
    error: mutation.error,
    /** Except conflicts. */
    userErrors: conflict ? [] : (mutation.data?.saveReportDraft.userErrors ?? []),
  };
}
