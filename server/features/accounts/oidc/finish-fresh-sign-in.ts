import type { RequestContext } from '../../../api/context.js';
import type { Transaction } from '../../../database/client.js';
import { databaseTime, databaseTimeBefore } from '../../../database/clock.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import { hashOfSecret } from '../secrets.js';
import { type AccessRefusal, accountOfIdentity } from './account-of-identity.js';
import { LONGEST_ATTEMPT_MS } from './begin-fresh-sign-in.js';
import { CLOCK_TOLERANCE_S, type ProviderSignIn } from './identity-provider.js';
import { refusalReasons } from './sign-in-with-provider.js';

/** Why a fresh sign-in does not count. */
export type FreshSignInRefusal =
  | AccessRefusal
  /** This session did not begin it, or too long ago, or it has ended already. */
  | 'NOT_BEGUN'
  /** Somebody else than the user of the session signed in. */
  | 'SOMEBODY_ELSE'
  /** The provider did not ask the person to prove again who they are. */
  | 'NOT_ASKED_AGAIN';

/**
 * Records that the user of a session has just proved again to the provider who they are; {@link useFreshSignIn} uses it once. The session stays
 * the same, with the name and roles that the provider gives the user now. Returns why it does not count; null if it does.
 * @param state of the attempt, which this session must have begun
 */
export async function finishFreshSignIn(
  context: RequestContext,
  state: string,
  signIn: ProviderSignIn,
): Promise<FreshSignInRefusal | null> {
  const { viewer } = context;
  const { identity } = signIn;
  return context.database.$transaction(async (tx) => {
    const began = await takeAttempt(tx, state, viewer?.sessionId ?? null);
    const refusal = began ? await refusalOf(tx, context, began, signIn) : 'NOT_BEGUN';
    const because = refusal === null ? '' : `: ${reasons[refusal]}, ${identity.subject}`;
    await recordAuditEvent(tx, context, {
      action: AuditAction.SIGNED_IN,
      entityId: viewer?.id,
      outcome: refusal === null ? 'success' : 'failure',
      detail: `again, with ${identity.issuer}${because}`,
    });
    return refusal;
  });
}

type Attempt = NonNullable<Awaited<ReturnType<typeof takeAttempt>>>;

/** The attempt with this state that the session has begun and not finished. It is deleted, so that it is finished once. */
async function takeAttempt(tx: Transaction, state: string, sessionId: string | null) {
  if (sessionId === null) return null;
  const stateHash = hashOfSecret(state);
  const longAgo = await databaseTimeBefore(tx, LONGEST_ATTEMPT_MS);
  const where = { stateHash, sessionId, provedAt: null, beganAt: { gt: longAgo } };
  const found = await tx.freshSignIn.findFirst({
    where,
    select: {
      ...{ stateHash: true, sessionId: true, beganAt: true },
      session: { select: { userId: true, identity: { select: { issuer: true, subject: true } } } },
    },
  });
  // Two callbacks at the same moment delete one row.
  const { count } = await tx.freshSignIn.deleteMany({ where });
  return count === 1 ? found : null;
}

async function refusalOf(
  tx: Transaction,
  context: RequestContext,
  { stateHash, sessionId, beganAt, session }: Attempt,
  { identity, providerSessionId, idToken, authenticatedAt }: ProviderSignIn,
): Promise<FreshSignInRefusal | null> {
  const { issuer, subject } = session.identity ?? {};
  if (identity.issuer !== issuer || identity.subject !== subject) return 'SOMEBODY_ELSE';
  const earliest = beganAt.getTime() - CLOCK_TOLERANCE_S * 1000;
  if (!authenticatedAt || authenticatedAt.getTime() < earliest) return 'NOT_ASKED_AGAIN';
  const account = await accountOfIdentity(tx, context, identity);
  if ('refusal' in account) return account.refusal;
  if (account.user.id !== session.userId) return 'SOMEBODY_ELSE';
  // The provider may have begun a session, with whose end this one ends.
  await tx.session.update({ where: { id: sessionId }, data: { providerSessionId, idToken } });
  await tx.freshSignIn.create({
    data: { stateHash, sessionId, beganAt, provedAt: await databaseTime(tx) },
  });
  return null;
}

const reasons: Record<FreshSignInRefusal, string> = {
  ...refusalReasons,
  NOT_BEGUN: 'this session has not begun it',
  SOMEBODY_ELSE: 'somebody else signed in',
  NOT_ASKED_AGAIN: 'the provider did not ask who it is',
};
