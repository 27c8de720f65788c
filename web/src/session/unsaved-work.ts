/** What a user has made that the server does not have yet. */
export type UnsavedWork = 'reviews' | 'report';

const startOf = (work: UnsavedWork, viewerId: string) => `cytograph-unsaved-${work} ${viewerId} `;

/** The key in the storage of the browser tab of unsaved work on a case. */
export const unsavedKey = (work: UnsavedWork, viewerId: string, caseId: string) =>
  startOf(work, viewerId) + caseId;

/** The kinds of work of this user that are not saved, of all cases in this tab. */
export function unsavedWork(viewerId: string): UnsavedWork[] {
  const keys = Object.keys(sessionStorage);
  return (['reviews', 'report'] as const).filter((work) =>
    keys.some((key) => key.startsWith(startOf(work, viewerId))),
  );
}
