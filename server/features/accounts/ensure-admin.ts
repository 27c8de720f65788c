import type { Database, Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { lockAdministrators } from './administrators.js';
import { generatePassword, hashPassword } from './passwords.js';

/** How the administrator signs in. */
export interface AdminSignIn {
  /** Who the bundled model and other things that the system does at its start are recorded as done by. */
  id: string;
  email: string;
  /** False: the account signs in with the identity provider only, or the settings do not allow its password. */
  hasPassword: boolean;
  /** Shown once. Null if the administrator has chosen a password, or if it came from the settings. */
  oneTimePassword: string | null;
}

/**
 * Makes sure that someone can sign in: if there is no administrator, creates one with the given e-mail address and password. Where only
 * the emergency account may use a password, creates that account.
 * Without a password, it generates a one-time password, and a new one at every start until the administrator has chosen a
 * password, so that the first one need not be found in an old log.
 * @param settings.only the only account that may use a password; null: any may
 */
export async function ensureAdmin(
  database: Database,
  settings: { email: string; password: string | null; only: string | null },
): Promise<AdminSignIn> {
  const isOneTime = settings.password === null;
  const password = settings.password ?? generatePassword();
  const oneTimePassword = isOneTime ? password : null;
  const columns = { passwordHash: await hashPassword(password), passwordIsOneTime: isOneTime };

  return database.$transaction(async (tx) => {
    // Several processes may start on one empty database: one of them creates the administrator.
    await lockAdministrators(tx);
    // First those who have chosen a password: while there is one, no one-time password is replaced.
    const enabled = { roles: { has: 'ADMIN' as const }, disabledAt: null };
    const admin = await tx.user.findFirst({
      where: {
        ...enabled,
        passwordHash: { not: null },
        ...(settings.only !== null && { email: settings.only }),
      },
      orderBy: [{ passwordIsOneTime: 'asc' }, { createdAt: 'asc' }, { id: 'asc' }],
    });
    if (!admin) {
      const email = settings.only ?? settings.email;
      const other = await tx.user.findFirst({
        where: enabled,
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      });
      const isTaken = (await tx.user.count({ where: { email } })) > 0;
      if (other && (isTaken || settings.only === null)) {
        return { id: other.id, email: other.email, hasPassword: false, oneTimePassword: null };
      }
      return { id: await createAdmin(tx, email, columns), email, hasPassword: true, oneTimePassword };
    }
    if (!admin.passwordIsOneTime) {
      return { id: admin.id, email: admin.email, hasPassword: true, oneTimePassword: null };
    }

    await tx.user.update({ where: { id: admin.id }, data: columns });
    await tx.session.deleteMany({ where: { userId: admin.id } });
    const event = { action: AuditAction.ONE_TIME_PASSWORD_RENEWED, entityId: admin.id };
    await recordAuditEvent(tx, { viewer: null, ip: null }, event);
    return { id: admin.id, email: admin.email, hasPassword: true, oneTimePassword };
  });
}

async function createAdmin(
  tx: Transaction,
  email: string,
  columns: { passwordHash: string; passwordIsOneTime: boolean },
): Promise<string> {
  const id = newId('user');
  await tx.user.create({ data: { id, email, displayName: 'Administrator', roles: ['ADMIN'], ...columns } });
  const event = { action: AuditAction.FIRST_ADMIN_CREATED, entityId: id, detail: email };
  await recordAuditEvent(tx, { viewer: null, ip: null }, event);
  return id;
}
