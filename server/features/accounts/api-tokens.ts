import type { RequestContext, Viewer } from '../../api/context.js';
import { grouped } from '../../concurrency/grouped.js';
import type { Database } from '../../database/client.js';
import { isId } from '../../database/ids.js';
import { runStatement, statement } from '../../database/statement.js';
import { type UserRow, userColumnsInSql, userOf } from './load-users.js';
import { hashOfSecret } from './secrets.js';
import type { ApiToken } from './types.js';

// `lastUsedAt` helps people to find unused tokens. A resolution of a minute is enough, and saves a write per request.
const LAST_USED_RESOLUTION = "interval '1 minute'";

/** Finds the owner of an API token by its secret: null when the token has expired or been revoked, or the user has been disabled. */
export function apiTokenLookup(database: Database): (secret: string) => Promise<Viewer | null> {
  const find = grouped((hashes: readonly string[]) => usableTokens(database, hashes));
  return async (secret) => {
    const token = await find(hashOfSecret(secret));
    if (!token) return null;
    if (!token.isUseRecorded) await runStatement(database, recordUse, [token.id]);
    return token.owner;
  };
}

const findTokens = statement(`
  SELECT t."tokenHash", t.id AS "tokenId", ${userColumnsInSql},
    coalesce(t."lastUsedAt" > now() - ${LAST_USED_RESOLUTION}, FALSE) AS "isUseRecorded"
  FROM "ApiToken" t JOIN "User" u ON u.id = t."userId"
  WHERE t."tokenHash" = ANY ($1::text[]) AND t."revokedAt" IS NULL
    AND (t."expiresAt" IS NULL OR t."expiresAt" > now()) AND u."disabledAt" IS NULL`);

const recordUse = statement(`UPDATE "ApiToken" SET "lastUsedAt" = now() WHERE id = $1`);

interface UsableToken {
  id: string;
  /** Whether a use within the last minute is already recorded. */
  isUseRecorded: boolean;
  owner: Viewer;
}

/** One query for all requests that arrived while the previous query ran, so that no request gets an outdated answer. */
async function usableTokens(
  database: Database,
  hashes: readonly string[],
): Promise<readonly (UsableToken | null)[]> {
  const rows = await runStatement<UserRow & { tokenHash: string; tokenId: string; isUseRecorded: boolean }>(
    database,
    findTokens,
    [hashes],
  );
  const tokens = new Map(
    rows.map(({ tokenHash, tokenId: id, isUseRecorded, ...owner }) => [
      tokenHash,
      { id, isUseRecorded, owner: userOf(owner) },
    ]),
  );
  return hashes.map((hash) => tokens.get(hash) ?? null);
}

/** One of the viewer's own tokens that is not revoked; null if there is none with this id. */
export function findApiToken(context: RequestContext, id: string): Promise<ApiToken | null> {
  const userId = context.viewer?.id;
  if (userId === undefined || !isId('tok', id)) return Promise.resolve(null);
  return context.database.apiToken.findUnique({ where: { id, userId, revokedAt: null } });
}
