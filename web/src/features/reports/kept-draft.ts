import { unsavedKey } from '../../session/unsaved-work.js';

/** The texts and cells of a report that a person writes. */
export interface DraftForm {
  conclusion: string;
  fewCellsReason: string;
  /** Ids of the cells, in the order of the report. */
  chosen: readonly string[];
}

/** What the server had when the user began to change it. */
export interface DraftBase {
  revision: number;
  form: DraftForm;
}

/** A form that the server does not have yet. */
export interface KeptDraft {
  form: DraftForm;
  base: DraftBase;
}

// In the storage of the browser tab, so that a text survives a lost connection, a reload, and signing in again. Signing out deletes it.
const keyOf = (viewerId: string, caseId: string) => unsavedKey('report', viewerId, caseId);

export function readKeptDraft(viewerId: string, caseId: string): KeptDraft | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(keyOf(viewerId, caseId)) ?? 'null');
    return isKept(kept) ? kept : null;
  } catch {
    return null;
  }
}

/** @param kept null: everything is saved */
export function keepDraft(viewerId: string, caseId: string, kept: KeptDraft | null): void {
  if (kept === null) sessionStorage.removeItem(keyOf(viewerId, caseId));
  else sessionStorage.setItem(keyOf(viewerId, caseId), JSON.stringify(kept));
}

function isKept(value: unknown): value is KeptDraft {
  if (typeof value !== 'object' || value === null || !('form' in value) || !('base' in value)) return false;
  const { form, base } = value;
  if (typeof base !== 'object' || base === null || !('revision' in base) || !('form' in base)) return false;
  return typeof base.revision === 'number' && isForm(base.form) && isForm(form);
}

function isForm(value: unknown): value is DraftForm {
  return (
    typeof value === 'object' &&
    value !== null &&
    'conclusion' in value &&
    typeof value.conclusion === 'string' &&
    'fewCellsReason' in value &&
    typeof value.fewCellsReason === 'string' &&
    'chosen' in value &&
    Array.isArray(value.chosen) &&
    value.chosen.every((id) => typeof id === 'string')
  );
}
