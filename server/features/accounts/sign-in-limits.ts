import { createHash } from 'node:crypto';
import { networkOf } from '../../api/network-of.js';
import { userError, UserErrorCode, type UserErrorException } from '../../api/user-error.js';
import type { Database, DatabaseOrTransaction, Transaction } from '../../database/client.js';

/**
 * Failed attempts that are counted together. After `free` of them in a row each further one makes the next wait: first
 * `firstDelayMs`, then twice as long each time, at most `longestDelayMs`. An hour without a failure begins a new row.
 */
interface Limit {
  key: string;
  free: number;
  firstDelayMs: number;
  longestDelayMs: number;
}

const MINUTE_MS = 60_000;
const FORGET_MS = 60 * MINUTE_MS;

/** One person at one place, who may have forgotten the password. */
const ofOneGuesser = { free: 5, firstDelayMs: 10_000, longestDelayMs: 15 * MINUTE_MS };
/** One account, from all addresses: short delays, so that strangers cannot lock its owner out. */
const ofOneAccount = { free: 20, firstDelayMs: 1_000, longestDelayMs: MINUTE_MS };
/** One address, across accounts: a hospital may have one address for everyone. */
const ofOneAddress = { free: 50, firstDelayMs: 10_000, longestDelayMs: 15 * MINUTE_MS };

/** What failed sign-ins are recorded under where no user has that e-mail address: it does not repeat what was typed. */
export function unknownUserId(email: string): string {
  return `unknown_${createHash('sha256').update(email).digest('hex').slice(0, 32)}`;
}

/**
 * The limits that apply to an attempt. A device in which the user has signed in before has a limit for itself, so that
 * what strangers try elsewhere does not concern it. Any other attempt counts for the account at that address, for the
 * account, and for the address.
 * @param userId id of a user, or of {@link unknownUserId}
 * @param device hash of a known device's secret
 */
export function signInLimits(userId: string, ip: string | null, device: string | null): Limit[] {
  if (device !== null) return [{ key: `device ${userId} ${device}`, ...ofOneGuesser }];
  const network = networkOf(ip);
  return [
    { key: accountKey(userId), ...ofOneAccount },
    { key: `guesser ${bucketOf(`${userId} ${network}`, 4)}`, ...ofOneGuesser },
    { key: `address ${bucketOf(network, 4)}`, ...ofOneAddress },
  ];
}

/** The limit of a signed-in user's attempts to enter their own password again. */
export function ownPasswordLimits(userId: string): Limit[] {
  return [{ key: `own password ${userId}`, ...ofOneGuesser }];
}

/** The limit of an address, for failures of another kind than wrong passwords. */
export function addressLimits(kind: string, ip: string | null): Limit[] {
  return [{ key: `${kind} at address ${bucketOf(networkOf(ip), 4)}`, ...ofOneAddress }];
}

/** A user's own key; e-mail addresses without a user share 4,096 keys, so that inventing some fills no table. */
function accountKey(userId: string): string {
  return `account ${userId.startsWith('unknown_') ? `unknown ${bucketOf(userId, 3)}` : userId}`;
}

/** One of 16^digits groups. Which others share it cannot be foreseen, and only makes them wait a little sooner. */
function bucketOf(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/** The milliseconds until the limit lets another attempt through; SQL over a row f of "SignInFailures" and $2 to $4. */
const WAIT_MS = `
  CASE WHEN f.failures < $2::int THEN 0
  ELSE least($4::float8, $3::float8 * power(2, least(f.failures - $2::int, 30)))
    - 1000 * extract(epoch FROM now() - f."lastFailedAt")::float8 END`;

/** Ends an attempt with FORBIDDEN, before the password is checked, while one of its limits makes it wait. */
export async function refuseTooManyAttempts(
  database: DatabaseOrTransaction,
  limits: readonly Limit[],
): Promise<void> {
  let longest = 0;
  for (const { key, free, firstDelayMs, longestDelayMs } of limits) {
    const [row] = await database.$queryRawUnsafe<{ wait: number }[]>(
      `SELECT ${WAIT_MS} AS wait FROM "SignInFailures" f WHERE f.key = $1`,
      key,
      free,
      firstDelayMs,
      longestDelayMs,
    );
    longest = Math.max(longest, row?.wait ?? 0);
  }
  if (longest > 0) throw tooManyAttempts(longest);
}

function tooManyAttempts(waitMs: number): UserErrorException {
  const seconds = Math.ceil(waitMs / 1000);
  const wait = seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  return userError(UserErrorCode.FORBIDDEN, `There were too many failed attempts. Try again in ${wait}.`);
}

/**
 * Counts a failed attempt. Where one of its limits makes attempts wait by now (many were sent at once) it is not counted
 * and ends with FORBIDDEN, so that nobody learns that it failed.
 *
 * `record` writes the audit event. It is called for the first five failures in a row that the first limit counts, and then
 * whenever their number has doubled, so that guessing does not fill the audit trail.
 * @param record is given the number of failures in a row
 */
export async function countFailure(
  database: Database,
  limits: readonly Limit[],
  record: (tx: Transaction, failures: number) => Promise<void>,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const counts = new Map<string, number>();
    // In one order everywhere, so that two attempts never wait for each other.
    for (const limit of limits.toSorted((one, other) => (one.key < other.key ? -1 : 1))) {
      const { key, free, firstDelayMs, longestDelayMs } = limit;
      const [row] = await tx.$queryRawUnsafe<{ failures: number }[]>(
        `INSERT INTO "SignInFailures" AS f (key, failures) VALUES ($1, 1)
         ON CONFLICT (key) DO UPDATE SET "lastFailedAt" = now(),
           failures = CASE WHEN f."lastFailedAt" < now() - $5::float8 * interval '1 ms' THEN 1 ELSE f.failures + 1 END
         WHERE ${WAIT_MS} <= 0
         RETURNING f.failures`,
        key,
        free,
        firstDelayMs,
        longestDelayMs,
        FORGET_MS,
      );
      if (!row) throw tooManyAttempts(firstDelayMs); // and what was counted so far is rolled back
      counts.set(key, row.failures);
    }
    const failures = counts.get(limits[0]?.key ?? '') ?? 0;
    if (isWorthRecording(failures)) await record(tx, failures);
  });
}

const isWorthRecording = (failures: number) => failures <= 5 || Number.isInteger(Math.log2(failures));

/** Forgets the failures before a success, except those of the address: a guesser may have an account there. */
export async function forgetFailures(tx: Transaction, limits: readonly Limit[]): Promise<void> {
  const keys = limits.map(({ key }) => key).filter((key) => !key.startsWith('address '));
  await tx.signInFailures.deleteMany({ where: { key: { in: keys } } });
}
