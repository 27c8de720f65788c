interface Answered {
  caseReference: string | null;
  modelVersion: { id: string };
  startedAt: string | null;
  finishedAt: string | null;
}

/** The history URL that filters by a folder's model version, case and dates. */
export function historyAddress({ caseReference, modelVersion, startedAt, finishedAt }: Answered): string {
  const search = new URLSearchParams({ version: modelVersion.id, order: 'OLDEST_FIRST' });
  if (caseReference) search.set('case', caseReference);
  if (startedAt) search.set('from', dayOf(startedAt));
  if (finishedAt) search.set('to', dayOf(finishedAt));
  return `/predictions?${search}`;
}

/** A date as 'YYYY-MM-DD' in the reader's time zone, the format of the history's filters. */
function dayOf(iso: string): string {
  const date = new Date(iso);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
