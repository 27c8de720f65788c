import type { Transaction } from '../../database/client.js';

/** Deletes the saved views of all users whose name or filters contain the reference of a case. */
export async function deleteViewsOfCase(tx: Transaction, caseReference: string): Promise<void> {
  const views = await tx.savedView.findMany({ select: { id: true, name: true, filters: true } });
  const wanted = words(caseReference);
  const named = views.filter(({ name, filters }) =>
    [name, ...new URLSearchParams(filters).values()].some((text) => words(text).includes(wanted)),
  );
  await tx.savedView.deleteMany({ where: { id: { in: named.map(({ id }) => id) } } });
}

/** The letters and digits of a text with spaces around and between its words, without regard to capitals. */
function words(text: string): string {
  return ` ${(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')} `;
}
