import type { RequestContext } from '../../../api/context.js';
import { databaseTime } from '../../../database/clock.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import { beginSession } from '../sessions.js';
import { type AccessRefusal, accountOfIdentity } from './account-of-identity.js';
import type { ProviderSignIn } from './identity-provider.js';

/**
 * Begins a session of a person whom the provider has just signed in, and sets its cookie. Returns why there is none where the
 * person may not use this server; null for a session.
 */
export async function signInWithProvider(
  context: RequestContext,
  { identity, providerSessionId, idToken }: ProviderSignIn,
): Promise<AccessRefusal | null> {
  const { database, ip, requestId } = context;
  const action = AuditAction.SIGNED_IN;
  const stranger = { viewer: null, ip, requestId };
  const begun = await database.$transaction(async (tx) => {
    const account = await accountOfIdentity(tx, stranger, identity);
    if ('refusal' in account) {
      const { issuer, subject } = identity;
      const detail = `${refusalReasons[account.refusal]}: ${subject} of ${issuer}`;
      await recordAuditEvent(tx, stranger, { action, outcome: 'failure', detail });
      return account;
    }
    const { user, identityId } = account;
    await tx.user.update({ where: { id: user.id }, data: { lastSignedInAt: await databaseTime(tx) } });
    const detail = `with ${identity.issuer}`;
    await recordAuditEvent(tx, { ...stranger, viewer: user }, { action, entityId: user.id, detail });
    return { session: await beginSession(tx, context, user.id, { identityId, providerSessionId, idToken }) };
  });
  if ('refusal' in begun) return begun.refusal;
  context.setSessionCookie?.(begun.session);
  return null;
}

/** Each refusal in the audit trail. */
export const refusalReasons: Record<AccessRefusal, string> = {
  NO_ROLE: 'no group gives a role',
  NO_EMAIL: 'no e-mail address',
  EMAIL_TAKEN: 'the e-mail address belongs to an account that is not linked',
  DISABLED: 'disabled account',
  LAST_ADMINISTRATOR: 'the groups no longer give the only administrator that role',
};
