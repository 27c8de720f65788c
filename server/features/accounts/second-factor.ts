import { Secret, TOTP } from 'otpauth';
import type { Database, DatabaseOrTransaction, Transaction } from '../../database/client.js';
import type { Config } from '../../config.js';
import { databaseTime } from '../../database/clock.js';
import { keyRingOf } from '../../storage/open-object-store.js';
import { generatePassword } from './passwords.js';
import { readAppSecret } from './second-factor-secret.js';
import { hashOfSecret } from './secrets.js';

// What authenticator apps support without settings: RFC 6238 with SHA-1, 6 digits, steps of 30 s.
const STEP_MS = 30_000;
/** Steps before and after the current one whose code is accepted: a telephone's clock may be wrong by 30 s. */
const TOLERANCE = 1;
const RECOVERY_CODES = 10;

function totpOf(secret: string, email: string): TOTP {
  return new TOTP({
    issuer: 'Cytograph',
    label: email,
    secret: Secret.fromBase32(secret),
    period: STEP_MS / 1000,
  });
}

/** A new secret (160 random bits, base32) and the `otpauth:` address that apps read as a QR code. */
export function newSecondFactor(email: string): { secret: string; uri: string } {
  const secret = new Secret({ size: 20 }).base32;
  return { secret, uri: totpOf(secret, email).toString() };
}

/** Whether signing in takes a code. */
export async function hasSecondFactor(database: DatabaseOrTransaction, userId: string): Promise<boolean> {
  const factor = await database.secondFactor.findUnique({ where: { userId }, select: { confirmedAt: true } });
  return factor?.confirmedAt != null;
}

/** Which of these users sign in with a code. */
export async function loadHasSecondFactor(
  database: Database,
  userIds: readonly string[],
): Promise<Map<string, boolean>> {
  const rows = await database.secondFactor.findMany({
    where: { userId: { in: [...userIds] }, confirmedAt: { not: null } },
    select: { userId: true },
  });
  return new Map(rows.map(({ userId }) => [userId, true]));
}

/**
 * Checks a code of the app, confirmed or not yet, and marks it as used: each works once.
 * @param code six digits, with or without spaces
 */
export async function useAppCode(
  tx: Transaction,
  { config }: { config: Pick<Config, 'encryptionKeys'> },
  userId: string,
  code: string,
): Promise<boolean> {
  const factor = await tx.secondFactor.findUnique({ where: { userId } });
  if (!factor) return false;
  const timestamp = (await databaseTime(tx)).getTime();
  const token = code.replace(/\s/g, '');
  const secret = readAppSecret(keyRingOf(config), userId, factor.secret);
  const delta = totpOf(secret, '').validate({ token, timestamp, window: TOLERANCE });
  if (delta === null) return false;
  const lastStep = Math.floor(timestamp / STEP_MS) + delta;
  const { count } = await tx.secondFactor.updateMany({
    where: { userId, lastStep: { lt: lastStep } },
    data: { lastStep },
  });
  return count === 1;
}

/** Checks a recovery code and marks it as used: each works once. */
export async function useRecoveryCode(tx: Transaction, userId: string, code: string): Promise<boolean> {
  const codeHash = hashOfSecret(code.trim().toLowerCase());
  const { count } = await tx.recoveryCode.updateMany({
    where: { userId, codeHash, usedAt: null },
    data: { usedAt: await databaseTime(tx) },
  });
  return count === 1;
}

/** Replaces the user's recovery codes. The new ones are in the answer and kept nowhere else. */
export async function renewRecoveryCodes(tx: Transaction, userId: string): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, generatePassword);
  await tx.recoveryCode.deleteMany({ where: { userId } });
  await tx.recoveryCode.createMany({ data: codes.map((code) => ({ userId, codeHash: hashOfSecret(code) })) });
  return codes;
}

/** Removes the app and the recovery codes; false when there was no app. */
export async function deleteSecondFactor(tx: Transaction, userId: string): Promise<boolean> {
  await tx.recoveryCode.deleteMany({ where: { userId } });
  const { count } = await tx.secondFactor.deleteMany({ where: { userId } });
  return count > 0;
}
