import { createHash } from 'node:crypto';
import { userError, UserErrorCode } from '../../api/user-error.js';
import type { DatabaseOrTransaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';
import { AuditAction } from '../audit/record-audit-event.js';

const WINDOW_MS = 15 * 60 * 1000;
const MOST_FROM_ONE_ADDRESS = 5;
const MOST_FROM_ANYWHERE = 50;

/** The id under which failed sign-ins with an unknown e-mail address are recorded. It does not reveal what was typed. */
export function unknownUserId(email: string): string {
  return `unknown_${createHash('sha256').update(email).digest('hex').slice(0, 32)}`;
}

/**
 * Throws a user error FORBIDDEN after 5 failures within 15 minutes from one address (since the last success from there), or 50 from
 * anywhere. No password is checked until the oldest of these failures is 15 minutes old. The second limit is high, so that one
 * address alone cannot lock out others.
 *
 * The failures are counted in the audit trail, so the limits apply across processes and restarts.
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
