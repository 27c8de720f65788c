import type { Viewer } from '../../api/context.js';
import { grouped } from '../../concurrency/grouped.js';
import type { Database, Transaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';
import { runStatement, statement } from '../../database/statement.js';
import { type UserRow, userColumnsInSql, userOf } from './load-users.js';
import { hashOfSecret, newSecret } from './secrets.js';

/** The duration of a session, even if it is in use: one long shift. */
export const SESSION_MS = 12 * 3600 * 1000;

/** Begins a session and returns its secret, which is stored only in the browser's cookie. Deletes the user's expired sessions. */
export async function beginSession(tx: Transaction, userId: string): Promise<string> {
  const now = await databaseTime(tx);
  await tx.session.deleteMany({ where: { userId, expiresAt: { lt: now } } });
  const secret = newSecret();
  await tx.session.create({
    data: { tokenHash: hashOfSecret(secret), userId, expiresAt: new Date(now.getTime() + SESSION_MS) },
  });
  return secret;
}

/** Finds the user of a session by its secret: null when the session has ended or the user has been disabled. */
export function sessionLookup(database: Database): (secret: string) => Promise<Viewer | null> {
  const find = grouped((hashes: readonly string[]) => viewersOfSessions(database, hashes));
  return (secret) => find(hashOfSecret(secret));
}

const findSessions = statement(`
  SELECT s."tokenHash", ${userColumnsInSql} FROM "Session" s JOIN "User" u ON u.id = s."userId"
  WHERE s."tokenHash" = ANY ($1::text[]) AND s."expiresAt" > now() AND u."disabledAt" IS NULL`);

/** One query for all requests that arrived while the previous query ran, so that no request gets an outdated answer. */
async function viewersOfSessions(
  database: Database,
  hashes: readonly string[],
): Promise<readonly (Viewer | null)[]> {
  const rows = await runStatement<UserRow & { tokenHash: string }>(database, findSessions, [hashes]);
  const viewers = new Map(rows.map((row) => [row.tokenHash, userOf(row)]));
  return hashes.map((hash) => viewers.get(hash) ?? null);
}
