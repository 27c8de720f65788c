import type { RequestContext } from '../../../api/context.js';
import { UserErrorException } from '../../../api/user-error.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import { addressLimits, countFailure } from '../sign-in-limits.js';
import type { SignInRejected } from './identity-provider.js';

/**
 * Records that a sign-in with the provider failed. Nobody is known yet, so the failures of an address are counted: the first
 * five in a row are recorded, and then each time their number has doubled.
 */
export async function recordRejectedSignIn(
  { database, ip, requestId }: RequestContext,
  { message }: SignInRejected,
): Promise<void> {
  const actor = { viewer: null, ip, requestId };
  const limits = addressLimits('identity provider', ip);
  try {
    await countFailure(database, limits, (tx, failures) => {
      const row = failures > 5 ? `, ${failures} failures in a row` : '';
      const detail = `with the identity provider: ${message}${row}`;
      return recordAuditEvent(tx, actor, { action: AuditAction.SIGNED_IN, outcome: 'failure', detail });
    });
  } catch (error) {
    if (!(error instanceof UserErrorException)) throw error; // too many to count
  }
}
