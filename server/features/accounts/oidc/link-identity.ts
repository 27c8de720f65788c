import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { userError, UserErrorCode } from '../../../api/user-error.js';
import { databaseTime } from '../../../database/clock.js';
import { isId } from '../../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import { changeUser } from '../change-user.js';
import type { User } from '../types.js';

/**
 * Lets a person of the identity provider sign in to the account that has the same e-mail address. From then on the provider
 * decides about the account's roles. Its password, authenticator app, sessions and known browsers end; API tokens stay. Another
 * identity of the same provider loses the account: two people would get each other's roles.
 * User errors: NOT_FOUND; CONFLICT for an identity that is linked, and for the emergency account, which keeps its password.
 */
export async function linkIdentity(context: RequestContext, id: string): Promise<User> {
  authorise(context, 'give out passwords');
  const { database, config } = context;
  const identity = isId('idn', id) ? await database.userIdentity.findUnique({ where: { id } }) : null;
  if (!identity) throw userError(UserErrorCode.NOT_FOUND, 'There is no such identity.', ['id']);
  const { userId, issuer, subject } = identity;

  return changeUser(database, userId, ['id'], async (tx, user) => {
    if (!config.builtInAccounts && user.email === config.emergencyAccount) {
      const message = 'The emergency account needs its password, for when the provider is unavailable.';
      throw userError(UserErrorCode.CONFLICT, message, ['id']);
    }
    const { count } = await tx.userIdentity.updateMany({
      where: { id, linkedAt: null },
      data: { linkedAt: await databaseTime(tx) },
    });
    if (count === 0) throw userError(UserErrorCode.CONFLICT, 'This identity is linked already.', ['id']);
    const others = { userId, issuer, id: { not: id }, linkedAt: { not: null } };
    const before = await tx.userIdentity.findMany({ where: others, select: { subject: true } });
    await tx.userIdentity.updateMany({ where: others, data: { linkedAt: null } });
    await tx.user.update({ where: { id: userId }, data: { passwordHash: null, passwordIsOneTime: false } });
    await tx.secondFactor.deleteMany({ where: { userId } });
    await tx.recoveryCode.deleteMany({ where: { userId } });
    await tx.session.deleteMany({ where: { userId } });
    await tx.knownDevice.deleteMany({ where: { userId } });
    const instead =
      before.length === 0 ? '' : `, instead of ${before.map((other) => other.subject).join(', ')}`;
    const detail = `${subject} of ${issuer}${instead}`;
    await recordAuditEvent(tx, context, { action: AuditAction.IDENTITY_LINKED, entityId: userId, detail });
  });
}
