import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import type { DatabaseOrTransaction } from '../../database/client.js';
import type { User } from './types.js';

/** A user's row as the API shows it: without its password hash. */
export interface UserRow {
  id: string;
  email: string;
  displayName: string;
  roles: readonly (keyof typeof Role)[];
  createdAt: Date;
  disabledAt: Date | null;
  passwordIsOneTime: boolean;
  siteIds: string[];
  seesAllSites: boolean;
}

export const userColumns = {
  id: true,
  email: true,
  displayName: true,
  roles: true,
  createdAt: true,
  disabledAt: true,
  passwordIsOneTime: true,
  siteIds: true,
  seesAllSites: true,
} as const;

/** The same columns of "User" u for handwritten SQL. */
export const userColumnsInSql =
  'u.id, u.email, u."displayName", u.roles::text[] AS roles, u."createdAt", u."disabledAt", u."passwordIsOneTime", u."siteIds", u."seesAllSites"';

/** The user of a row, without any other columns such as the password hash. */
export function userOf(row: UserRow): User {
  return columnsOf(row);
}

/** The user of a row as the viewer of a request that came with a token or a session. */
export function viewerOf(
  row: UserRow,
  { token = null, sessionId = null }: Partial<Pick<Viewer, 'token' | 'sessionId'>>,
): Viewer {
  return { ...columnsOf(row), token, sessionId };
}

function columnsOf(row: UserRow) {
  const { id, email, displayName, createdAt, disabledAt, passwordIsOneTime, siteIds, seesAllSites } = row;
  const roles = row.roles.map((role) => Role[role]);
  return { id, email, displayName, roles, createdAt, disabledAt, passwordIsOneTime, siteIds, seesAllSites };
}

/** The users with these ids, for `batched(context, loadUsers)`. */
export async function loadUsers(
  database: DatabaseOrTransaction,
  ids: readonly string[],
): Promise<Map<string, User>> {
  const rows = await database.user.findMany({ where: { id: { in: [...ids] } }, select: userColumns });
  return new Map(rows.map((row) => [row.id, userOf(row)]));
}
