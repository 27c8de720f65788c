import { Role } from '../../../api/permissions.js';
import type { Transaction } from '../../../database/client.js';
import { databaseTime } from '../../../database/clock.js';
import { newId } from '../../../database/ids.js';
import { type Actor, AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import { isLastAdministrator, lockAdministrators } from '../administrators.js';
import { userColumns, userOf } from '../load-users.js';
import { seesAllSitesByDefault } from '../sites/sites-of-user.js';
import { revokeAccess } from '../revoke-access.js';
import type { User } from '../types.js';
import type { ProvenIdentity } from './claims.js';

/** Why a person whom the provider has signed in gets no access here. */
export type AccessRefusal =
  /** No group of the person gives a role. */
  | 'NO_ROLE'
  /** The provider gives no e-mail address. */
  | 'NO_EMAIL'
  /** An account with this address exists and is not linked to the identity. */
  | 'EMAIL_TAKEN'
  | 'DISABLED'
  /** The person's groups no longer give the role ADMIN, but nobody else has it. */
  | 'LAST_ADMINISTRATOR';

export type AccountOfIdentity = { user: User; identityId: string } | { refusal: AccessRefusal };

/**
 * The account of an identity, with the name, e-mail address and roles that the provider gives it now. The first time, creates
 * the account. Where the identity has lost its access, ends its sessions and revokes its tokens.
 */
export async function accountOfIdentity(
  tx: Transaction,
  actor: Actor,
  identity: ProvenIdentity,
): Promise<AccountOfIdentity> {
  await lockAdministrators(tx); // also lets only one request create an account
  const { issuer, subject } = identity;
  const known = await tx.userIdentity.findUnique({
    where: { issuer_subject: { issuer, subject } },
    include: { user: { select: userColumns } },
  });
  if (!known) return createAccount(tx, actor, identity);
  if (known.linkedAt === null) return { refusal: identity.roles.length === 0 ? 'NO_ROLE' : 'EMAIL_TAKEN' };
  const user = userOf(known.user);
  if (user.disabledAt !== null) return { refusal: 'DISABLED' };
  const refusal = await whyWithoutAccess(tx, user, identity);
  if (refusal !== null) {
    await revokeAccess(tx, user.id);
    return { refusal };
  }
  return { user: await updateAccount(tx, actor, user, identity), identityId: known.id };
}

async function whyWithoutAccess(
  tx: Transaction,
  user: User,
  { roles }: ProvenIdentity,
): Promise<AccessRefusal | null> {
  if (roles.length === 0) return 'NO_ROLE';
  const losesAdmin = user.roles.includes(Role.ADMIN) && !roles.includes(Role.ADMIN);
  return losesAdmin && (await isLastAdministrator(tx, user.id)) ? 'LAST_ADMINISTRATOR' : null;
}

async function createAccount(
  tx: Transaction,
  actor: Actor,
  { issuer, subject, email, displayName, roles }: ProvenIdentity,
): Promise<AccountOfIdentity> {
  if (roles.length === 0) return { refusal: 'NO_ROLE' };
  if (email === null) return { refusal: 'NO_EMAIL' };
  const identityId = newId('idn');
  const identity = { id: identityId, issuer, subject, email, displayName };
  const other = await tx.user.findUnique({ where: { email }, select: { id: true } });
  if (other) {
    await tx.userIdentity.create({ data: { ...identity, userId: other.id } });
    return { refusal: 'EMAIL_TAKEN' };
  }
  const id = newId('user');
  const seesAllSites = await seesAllSitesByDefault(tx);
  const data = { id, email, displayName, roles, seesAllSites };
  const row = await tx.user.create({ data, select: userColumns });
  await tx.userIdentity.create({ data: { ...identity, userId: id, linkedAt: await databaseTime(tx) } });
  const detail = `${email} (${roles.join(', ')}), known to ${issuer} as ${subject}`;
  await recordAuditEvent(tx, actor, { action: AuditAction.USER_CREATED, entityId: id, detail });
  return { user: userOf(row), identityId };
}

async function updateAccount(
  tx: Transaction,
  actor: Actor,
  user: User,
  { issuer, email, displayName, roles }: ProvenIdentity,
): Promise<User> {
  const isFree = email !== null && (await tx.user.count({ where: { email, id: { not: user.id } } })) === 0;
  const row = await tx.user.update({
    where: { id: user.id },
    data: { displayName, roles, ...(isFree && { email }) },
    select: userColumns,
  });
  const before = user.roles.toSorted().join(', ');
  const after = roles.toSorted().join(', ');
  if (before !== after) {
    const detail = `${before} → ${after}, by the groups at ${issuer}`;
    await recordAuditEvent(tx, actor, { action: AuditAction.USER_ROLES_SET, entityId: user.id, detail });
  }
  return userOf(row);
}
