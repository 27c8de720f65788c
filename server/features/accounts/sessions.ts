import type { RequestContext, Viewer } from '../../api/context.js';
import { grouped } from '../../concurrency/grouped.js';
import type { Config } from '../../config.js';
import type { Database, Transaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';
import { newId } from '../../database/ids.js';
import { runStatement, statement, unplanned } from '../../database/statement.js';
import { onlyAccountWithPassword } from './built-in-accounts.js';
import type { Credentials, CredentialSettings } from './credentials.js';
import { type UserRow, userColumnsInSql, viewerOf } from './load-users.js';
import { hashOfSecret, newSecret } from './secrets.js';

/** Part of a browser's own description that is kept. */
const LONGEST_USER_AGENT = 300;

/** What an identity provider said when it signed a user in. */
export interface ProviderSession {
  identityId: string;
  /** The provider's name for its session (`sid`). */
  providerSessionId: string | null;
  idToken: string;
}

/**
 * Begins a session and returns its secret, which only the browser's cookie keeps. Deletes the user's expired ones.
 * @param provider default: the user has signed in with a password
 */
export async function beginSession(
  tx: Transaction,
  { config, ip, userAgent }: Pick<RequestContext, 'config' | 'ip' | 'userAgent'>,
  userId: string,
  provider?: ProviderSession,
): Promise<string> {
  const now = await databaseTime(tx);
  await tx.session.deleteMany({ where: { userId, OR: endedBy(now, config) } });
  const secret = newSecret();
  await tx.session.create({
    data: {
      id: newId('sess'),
      tokenHash: hashOfSecret(secret),
      userId,
      ip,
      lastUsedIp: ip,
      userAgent: userAgent?.slice(0, LONGEST_USER_AGENT) ?? null,
      expiresAt: new Date(now.getTime() + config.sessionMs),
      ...provider,
    },
  });
  return secret;
}

/** Prisma conditions, one of which is true of every session that has ended by `now`. */
export function endedBy(now: Date, { sessionMs, sessionIdleMs }: Config) {
  const before = (milliseconds: number) => new Date(now.getTime() - milliseconds);
  return [
    { expiresAt: { lte: now } },
    { createdAt: { lte: before(sessionMs) } },
    { lastUsedAt: { lte: before(sessionIdleMs) } },
  ];
}

/**
 * Finds the user of a session by its secret: null when the session has ended, the user has been disabled, or the session began with
 * a password that the settings no longer allow. Records the use where the user does something now.
 */
export function sessionLookup(
  database: Database,
  config: CredentialSettings,
): Credentials['viewerOfSession'] {
  const { sessionMs, sessionIdleMs } = config;
  const only = onlyAccountWithPassword(config);
  const find = grouped((hashes: readonly string[]) => openSessions(database, hashes, only));
  return async (secret, usedFrom) => {
    const session = await find(hashOfSecret(secret));
    if (!session || session.ageMs >= sessionMs || session.idleMs >= sessionIdleMs) return null;
    if (usedFrom && session.idleMs >= LAST_USED_RESOLUTION_MS) {
      // A database that accepts no writes for now still lets people read: the use is recorded later.
      await runStatement(database, recordUse, [session.id, usedFrom.ip]).catch(() => undefined);
    }
    return session.viewer;
  };
}

/** How exactly a session's last use is recorded: to the minute spares a write for each request. */
const LAST_USED_RESOLUTION_MS = 60_000;

interface OpenSession {
  id: string;
  ageMs: number;
  /** Since the last recorded use. */
  idleMs: number;
  viewer: Viewer;
}

const findSessions = statement(`
  SELECT s."tokenHash", s.id AS "sessionId", ${userColumnsInSql},
    1000 * extract(epoch FROM now() - s."createdAt")::float8 AS "ageMs",
    1000 * extract(epoch FROM now() - s."lastUsedAt")::float8 AS "idleMs"
  FROM "Session" s JOIN "User" u ON u.id = s."userId"
  WHERE s."tokenHash" = ANY (${unplanned('$1', 'text[]')}) AND s."expiresAt" > now() AND u."disabledAt" IS NULL
    AND (${unplanned('$2', 'text')} IS NULL OR s."identityId" IS NOT NULL OR u.email = ${unplanned('$2', 'text')})`);

const recordUse = statement(`UPDATE "Session" SET "lastUsedAt" = now(), "lastUsedIp" = $2 WHERE id = $1`);

/** One query for all requests that arrived while the previous query ran, so that no request gets an outdated answer. */
async function openSessions(
  database: Database,
  hashes: readonly string[],
  onlyWithPassword: string | null,
): Promise<readonly (OpenSession | null)[]> {
  type Row = UserRow & { tokenHash: string; sessionId: string; ageMs: number; idleMs: number };
  const rows = await runStatement<Row>(database, findSessions, [hashes, onlyWithPassword]);
  const sessions = new Map(
    rows.map(({ tokenHash, sessionId: id, ageMs, idleMs, ...user }) => [
      tokenHash,
      { id, ageMs, idleMs, viewer: viewerOf(user, { sessionId: id }) },
    ]),
  );
  return hashes.map((hash) => sessions.get(hash) ?? null);
}
