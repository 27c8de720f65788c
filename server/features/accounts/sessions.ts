import type { Viewer } from '../../api/context.js';
import type { Database, Transaction } from '../../database/client.js';
import { userColumns, userOf } from './load-users.js';
import { hashOfSecret, newSecret } from './secrets.js';

/** A session ends this long after it began, used or not: one long shift. */
export const SESSION_MS = 12 * 3600 * 1000;

/** Begins a session and returns its secret, which only the browser's cookie keeps. Clears the user's expired ones. */
export async function beginSession(tx: Transaction, userId: string): Promise<string> {
  const now = Date.now();
  await tx.session.deleteMany({ where: { userId, expiresAt: { lt: new Date(now) } } });
  const secret = newSecret();
  await tx.session.create({
    data: { tokenHash: hashOfSecret(secret), userId, expiresAt: new Date(now + SESSION_MS) },
  });
  return secret;
}

/** Whose session this is: null when it has ended, or when its user has been disabled. */
export async function viewerOfSession(database: Database, secret: string): Promise<Viewer | null> {
  const session = await database.session.findUnique({
    where: { tokenHash: hashOfSecret(secret), expiresAt: { gt: new Date() }, user: { disabledAt: null } },
    select: { user: { select: userColumns } },
  });
  return session && userOf(session.user);
}
