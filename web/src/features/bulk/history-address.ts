interface Answered {
  caseReference: string | null;
  modelVersion: { id: string };
  startedAt: string | null;
  finishedAt: string | null;
}

/** Where the history shows what a folder's images were answered with: its version and case, on the days that it took. */
export function historyAddress({ caseReference, modelVersion, startedAt, finishedAt }: Answered): string {
  const search = new URLSearchParams({ version: modelVersion.id, order: 'OLDEST_FIRST' });
  if (caseReference) search.set('case', caseReference);
  if (startedAt) search.set('from', dayOf(startedAt));
  if (finishedAt) search.set('to', dayOf(finishedAt));
  return `/predictions?${search}`;
}

/** 'YYYY-MM-DD' in the reader's time zone, as the history's filters have it. */
function dayOf(iso: string): string {
  const date = new Date(iso);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
