import { batched } from '../../api/batched.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { Scope } from '../../api/permissions.js';
import { grouped } from '../../concurrency/grouped.js';
import type { Database } from '../../database/client.js';
import { isId } from '../../database/ids.js';
import { runStatement, statement, unplanned } from '../../database/statement.js';
import { onlyAccountWithPassword } from './built-in-accounts.js';
import type { Credentials, CredentialSettings } from './credentials.js';
import { type UserRow, userColumnsInSql, viewerOf } from './load-users.js';
import { hashOfSecret } from './secrets.js';
import type { ApiToken } from './types.js';

// `lastUsedAt` helps people to find unused tokens. A resolution of a minute is enough, and saves a write per request.
const LAST_USED_RESOLUTION = "interval '1 minute'";

/**
 * Finds the owner of an API token by its secret: null when the token has expired or been revoked, the user has been disabled, or the
 * settings no longer allow the user's account. Records when and from which address the token was used.
 */
export function apiTokenLookup(
  database: Database,
  config: CredentialSettings,
): Credentials['viewerOfApiToken'] {
  const only = onlyAccountWithPassword(config);
  const find = grouped((hashes: readonly string[]) => usableTokens(database, hashes, only));
  return async (secret, ip) => {
    const token = await find(hashOfSecret(secret));
    if (!token) return null;
    if (!token.isUseRecorded) await runStatement(database, recordUse, [token.id, ip]);
    return token.owner;
  };
}

const findTokens = statement(`
  SELECT t."tokenHash", t.id AS "tokenId", t.scopes::text[] AS scopes, ${userColumnsInSql},
    coalesce(t."lastUsedAt" > now() - ${LAST_USED_RESOLUTION}, FALSE) AS "isUseRecorded"
  FROM "ApiToken" t JOIN "User" u ON u.id = t."userId"
  WHERE t."tokenHash" = ANY (${unplanned('$1', 'text[]')}) AND t."revokedAt" IS NULL
    AND (t."expiresAt" IS NULL OR t."expiresAt" > now()) AND u."disabledAt" IS NULL
    AND (${unplanned('$2', 'text')} IS NULL OR u.email = ${unplanned('$2', 'text')}
      OR EXISTS (SELECT FROM "UserIdentity" i WHERE i."userId" = u.id AND i."linkedAt" IS NOT NULL))`);

const recordUse = statement(`UPDATE "ApiToken" SET "lastUsedAt" = now(), "lastUsedIp" = $2 WHERE id = $1`);

interface UsableToken {
  id: string;
  /** Whether a use within the last minute is recorded. */
  isUseRecorded: boolean;
  owner: Viewer;
}

/** One query for all requests that arrived while the previous query ran, so that no request gets an outdated answer. */
async function usableTokens(
  database: Database,
  hashes: readonly string[],
  onlyWithPassword: string | null,
): Promise<readonly (UsableToken | null)[]> {
  type Row = UserRow & {
    tokenHash: string;
    tokenId: string;
    scopes: (keyof typeof Scope)[];
    isUseRecorded: boolean;
  };
  const rows = await runStatement<Row>(database, findTokens, [hashes, onlyWithPassword]);
  const tokens = new Map(
    rows.map(({ tokenHash, tokenId: id, isUseRecorded, scopes, ...owner }) => [
      tokenHash,
      {
        id,
        isUseRecorded,
        owner: viewerOf(owner, { token: { id, scopes: scopes.map((scope) => Scope[scope]) } }),
      },
    ]),
  );
  return hashes.map((hash) => tokens.get(hash) ?? null);
}

/** Why a token is refused. Only the program that has the secret learns what became of the token. */
export async function whyApiTokenRefused(database: Database, secret: string): Promise<string> {
  const token = await database.apiToken.findUnique({
    where: { tokenHash: hashOfSecret(secret) },
    select: { revokedAt: true, expiresAt: true, user: { select: { disabledAt: true } } },
  });
  if (!token)
    return 'it is not a token of this server. Send the whole secret, as it was shown when the token was created';
  if (token.user.disabledAt) return 'its account is disabled';
  if (token.revokedAt) return `it was revoked on ${day(token.revokedAt)}. Create another one`;
  if (token.expiresAt && token.expiresAt <= new Date()) {
    return `it expired on ${day(token.expiresAt)}. Create another one`;
  }
  return 'its account may no longer use API tokens. Sign in through the identity provider, or ask an administrator';
}

/** The date in UTC, such as '2026-01-31'. */
const day = (time: Date) => time.toISOString().slice(0, 10);

export const tokenColumns = {
  id: true,
  userId: true,
  name: true,
  scopes: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
  lastUsedIp: true,
} as const;

interface TokenRow extends Omit<ApiToken, 'scopes'> {
  scopes: readonly (keyof typeof Scope)[];
}

/** A token of a row as the API shows it. */
export function tokenOf({ scopes, ...row }: TokenRow): ApiToken {
  return { ...row, scopes: scopes.map((scope) => Scope[scope]) };
}

/** One of the viewer's own tokens that has not been revoked. */
export async function findApiToken(context: RequestContext, id: string): Promise<ApiToken | null> {
  const userId = context.viewer?.id;
  if (userId === undefined || !isId('tok', id)) return null;
  const token = await batched(context, loadApiTokens).load(id);
  return token?.userId === userId ? token : null;
}

/** The tokens with these ids that have not been revoked, of all users. */
async function loadApiTokens(database: Database, ids: readonly string[]): Promise<Map<string, ApiToken>> {
  const rows = await database.apiToken.findMany({
    where: { id: { in: [...ids] }, revokedAt: null },
    select: tokenColumns,
  });
  return new Map(rows.map((row) => [row.id, tokenOf(row)]));
}
