import { createHash } from 'node:crypto';
import { userError, UserErrorCode } from '../../api/user-error.js';
import type { DatabaseOrTransaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';
import { AuditAction } from '../audit/record-audit-event.js';

const WINDOW_MS = 15 * 60 * 1000;
const MOST_FROM_ONE_ADDRESS = 5;
const MOST_FROM_ANYWHERE = 50;

/** What failed sign-ins are filed under where no user has that e-mail address: it does not repeat what was typed. */
export function unknownUserId(email: string): string {
  return `unknown_${createHash('sha256').update(email).digest('hex').slice(0, 32)}`;
}

/**
 * Ends an attempt with FORBIDDEN after 5 failures from one address (since the last success from there), or 50 from
 * anywhere, within 15 minutes: no password is looked at until the first of them is 15 minutes old. The second limit is
 * high, so that one address alone cannot lock others out.
 *
 * The audit trail is what is counted, so the limits hold across processes and restarts.
 */
export async function refuseTooManyAttempts(
  database: DatabaseOrTransaction,
  userId: string,
  ip: string | null,
): Promise<void> {
  const now = (await databaseTime(database)).getTime();
  const attempts = await database.auditEvent.findMany({
    where: {
      entityId: userId,
      action: { in: [AuditAction.SIGNED_IN, AuditAction.PASSWORD_CHANGED] },
      createdAt: { gt: new Date(now - WINDOW_MS) },
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { createdAt: true, outcome: true, ip: true },
    take: 4 * MOST_FROM_ANYWHERE,
  });
  const failures = attempts.filter((attempt) => attempt.outcome === 'failure');
  const fromHere = attempts.filter((attempt) => attempt.ip === ip);
  const lastSuccess = fromHere.findIndex((attempt) => attempt.outcome === 'success');
  const failuresFromHere = lastSuccess < 0 ? fromHere : fromHere.slice(0, lastSuccess);

  const decisive = failuresFromHere[MOST_FROM_ONE_ADDRESS - 1] ?? failures[MOST_FROM_ANYWHERE - 1];
  if (!decisive) return;
  const minutes = Math.max(1, Math.ceil((decisive.createdAt.getTime() + WINDOW_MS - now) / 60_000));
  throw userError(
    UserErrorCode.FORBIDDEN,
    `There were too many attempts with a wrong password. Try again in ${minutes} min.`,
  );
}
