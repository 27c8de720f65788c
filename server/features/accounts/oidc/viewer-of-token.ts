import { createHash } from 'node:crypto';
import { tokenRefused } from '../../../api/errors.js';
import { grouped } from '../../../concurrency/grouped.js';
import type { Database } from '../../../database/client.js';
import { runStatement, statement, unplanned } from '../../../database/statement.js';
import type { Actor } from '../../audit/record-audit-event.js';
import type { Credentials } from '../credentials.js';
import { type UserRow, userColumnsInSql, viewerOf } from '../load-users.js';
import { type AccessRefusal, accountOfIdentity } from './account-of-identity.js';
import type { ProvenIdentity } from './claims.js';
import type { IdentityProvider } from './identity-provider.js';

/**
 * Finds the user of an access token of the identity provider. The user's roles are those of the token's groups, for this request
 * only. The first token of a program creates its account.
 */
export function providerTokenLookup(
  database: Database,
  provider: IdentityProvider | null,
): Credentials['viewerOfProviderToken'] {
  const find = grouped((identities: readonly ProvenIdentity[]) => knownIdentities(database, identities));
  return async (token, from) => {
    if (!provider) throw tokenRefused('this server has no identity provider; use an API token');
    const { identity, scopes, tokenId } = await provider.verifyAccessToken(token);
    if (identity.roles.length === 0) throw refusalOf('NO_ROLE');
    const known = await find(identity);
    if (known && !known.isLinked) throw refusalOf('EMAIL_TAKEN');
    const user = known?.user ?? (await accountOfToken(database, identity, from));
    if (user.disabledAt !== null) throw refusalOf('DISABLED');
    return {
      ...viewerOf(user, { token: { id: credentialId(token, tokenId), scopes } }),
      roles: identity.roles,
    };
  };
}

/** What names the token in the audit trail. */
function credentialId(token: string, tokenId: string | null): string {
  return `jwt_${tokenId ?? createHash('sha256').update(token).digest('hex').slice(0, 32)}`;
}

const findIdentities = statement(`
  SELECT i.issuer, i.subject, i."linkedAt" IS NOT NULL AS "isLinked", ${userColumnsInSql}
  FROM unnest(${unplanned('$1', 'text[]')}, ${unplanned('$2', 'text[]')}) AS wanted (issuer, subject)
  JOIN "UserIdentity" i ON i.issuer = wanted.issuer AND i.subject = wanted.subject
  JOIN "User" u ON u.id = i."userId"`);

interface KnownIdentity {
  isLinked: boolean;
  user: UserRow;
}

/** One query for all requests that arrived while the previous query ran. */
async function knownIdentities(
  database: Database,
  identities: readonly ProvenIdentity[],
): Promise<readonly (KnownIdentity | null)[]> {
  type Row = UserRow & { issuer: string; subject: string; isLinked: boolean };
  const issuers = identities.map(({ issuer }) => issuer);
  const subjects = identities.map(({ subject }) => subject);
  const rows = await runStatement<Row>(database, findIdentities, [issuers, subjects]);
  return identities.map(({ issuer, subject }) => {
    const row = rows.find((each) => each.issuer === issuer && each.subject === subject);
    return row ? { isLinked: row.isLinked, user: row } : null;
  });
}

/** Programs have no e-mail address: theirs is in a domain that exists nowhere (RFC 2606). */
function addressOfProgram({ issuer, subject }: ProvenIdentity): string {
  const name = createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
    .slice(0, 32);
  return `${name}@programs.invalid`;
}

async function accountOfToken(
  database: Database,
  identity: ProvenIdentity,
  from: Omit<Actor, 'viewer'>,
): Promise<UserRow> {
  const named = { ...identity, email: identity.email ?? addressOfProgram(identity) };
  const account = await database.$transaction((tx) =>
    accountOfIdentity(tx, { viewer: null, ...from }, named),
  );
  if ('refusal' in account) throw refusalOf(account.refusal);
  return account.user;
}

const refusalOf = (refusal: AccessRefusal) => tokenRefused(reasons[refusal]);

const reasons: Record<AccessRefusal, string> = {
  NO_ROLE: 'it names no group that gives a role here',
  NO_EMAIL: 'it names no e-mail address',
  EMAIL_TAKEN: 'an account with its e-mail address exists, and an administrator has not linked the two',
  DISABLED: 'its account is disabled',
  LAST_ADMINISTRATOR: 'the only administrator would lose that role',
};
