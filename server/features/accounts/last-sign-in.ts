import { may } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import type { Database } from '../../database/client.js';

/** When these users last signed in; nothing for those who never did. */
export async function loadLastSignIns(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, Date>> {
  const rows = await database.user.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, lastSignedInAt: true },
  });
  return new Map(rows.flatMap(({ id, lastSignedInAt }) => (lastSignedInAt ? [[id, lastSignedInAt]] : [])));
}

/** Whether the viewer may know how a user signs in: their own account, or anyone's for those who may read users. */
export function mayReadSignIn({ viewer }: RequestContext, userId: string): boolean {
  if (!viewer) return false;
  return viewer.id === userId || (!viewer.passwordIsOneTime && may(viewer, 'read users'));
}
