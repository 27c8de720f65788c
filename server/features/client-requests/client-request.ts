import { createHash } from 'node:crypto';
import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { DatabaseOrTransaction, Transaction } from '../../database/client.js';

const MAX_LENGTH = 200;
const FIELD = ['input', 'clientRequestId'];

/** A request that its sender may repeat: the same key with the same content gives the same object for 24 hours. */
export interface ClientRequest {
  key: string;
  /** SHA-256 of all that decides the result. */
  contentSha256: string;
}

/**
 * The request with the id that its sender chose; null without an id.
 * @param content all that decides the result
 * @param part the number of the part of the request that creates the object, if it creates several
 * @throws a user error for an id that is too long or not plain text
 */
export function clientRequestOf(
  id: string | null,
  content: readonly (string | null)[],
  part?: number,
): ClientRequest | null {
  const key = id?.trim() || null;
  if (key === null) return null;
  if (key.length > MAX_LENGTH)
    throw userError(UserErrorCode.INVALID, `A request id has at most ${MAX_LENGTH} characters.`, FIELD);
  plainText(key, 'A request id', FIELD);
  const contentSha256 = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return { key: part === undefined ? key : `${key} ${part}`, contentSha256 };
}

/**
 * The id of the object that a user's earlier request with this key created; null if there was none in the last 24 hours.
 * @throws a user error CONFLICT if that request had other content, or what it created has been erased
 */
export async function createdByRequest(
  database: DatabaseOrTransaction,
  userId: string,
  request: ClientRequest,
): Promise<string | null> {
  const created = await createdByRequests(database, userId, [request]);
  return created.get(request.key) ?? null;
}

/**
 * The same for several requests of a user: the ids by the keys of the requests.
 * @throws a user error CONFLICT if one of them had other content, or what it created has been erased
 */
export async function createdByRequests(
  database: DatabaseOrTransaction,
  userId: string,
  requests: readonly ClientRequest[],
): Promise<Map<string, string>> {
  const keys = requests.map(({ key }) => key);
  const earlier = await database.$queryRaw<(ClientRequest & { entityId: string })[]>`
    SELECT key, "contentSha256", "entityId" FROM "ClientRequest"
    WHERE "userId" = ${userId} AND key = ANY(${keys}) AND "createdAt" >= transaction_timestamp() - interval '24 hours'`;
  const contents = new Map(requests.map(({ key, contentSha256 }) => [key, contentSha256]));
  return new Map(earlier.map((each) => [each.key, entityOf(each, contents.get(each.key))]));
}

function entityOf(earlier: ClientRequest & { entityId: string }, contentSha256: string | undefined): string {
  if (earlier.contentSha256 === ERASED) throw requestErased();
  if (earlier.contentSha256 === contentSha256) return earlier.entityId;
  throw usedForAnother();
}

function usedForAnother() {
  return userError(
    UserErrorCode.CONFLICT,
    'You used this request id for a different request in the last 24 hours. Choose a new id for each request.',
    FIELD,
  );
}

/** Records the request of a user within a transaction; false if the user has used its key in the last 24 hours. */
export async function claimRequest(
  tx: Transaction,
  userId: string,
  { key, contentSha256 }: ClientRequest,
  entityId: string,
): Promise<boolean> {
  const claimed = await tx.$queryRawUnsafe<unknown[]>(
    clientRequestsInsert('VALUES ($1, $2, $3, $4)'),
    ...[userId, key, contentSha256, entityId],
  );
  return claimed.length > 0;
}

/**
 * Records several requests of a user within a transaction.
 * @throws a user error CONFLICT if the user has used one of their keys in the last 24 hours
 */
export async function claimRequests(
  tx: Transaction,
  userId: string,
  requests: readonly (ClientRequest & { entityId: string })[],
): Promise<void> {
  const claimed = await tx.$queryRawUnsafe<unknown[]>(
    clientRequestsInsert(`
      SELECT $1::text, key, "contentSha256", "entityId"
      FROM json_to_recordset($2::json) AS given (key text, "contentSha256" text, "entityId" text) ORDER BY key`),
    ...[userId, JSON.stringify(requests)],
  );
  if (claimed.length < requests.length) throw usedForAnother();
}

/** In the place of the digest of an erased request: from the digest, the case reference could be found by trying. */
const ERASED = '';

/**
 * Locks the requests about a case until the end of the transaction. Call it before locking images and predictions,
 * because a prediction is recorded in this order too.
 */
export async function lockRequestsOfCase(tx: Transaction, caseReference: string): Promise<void> {
  await tx.$queryRaw`
    SELECT FROM "ClientRequest" WHERE "entityId" IN (
      SELECT id FROM "Prediction" WHERE "caseReference" = ${caseReference}
      UNION ALL SELECT id FROM "Field" WHERE "caseReference" = ${caseReference}
      UNION ALL SELECT id FROM "BulkClassification" WHERE "caseReference" = ${caseReference})
    ORDER BY "userId", key FOR UPDATE`;
}

/** Removes what the requests that created these objects were about. Their keys stay, so that no retry brings the objects back. */
export async function eraseRequests(tx: Transaction, entityIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`UPDATE "ClientRequest" SET "contentSha256" = ${ERASED} WHERE "entityId" = ANY(${entityIds})`;
}

/** The error for a retry whose first object no longer exists. */
export function requestErased() {
  return userError(UserErrorCode.CONFLICT, 'The result of this request has been erased.', FIELD);
}

/**
 * An INSERT of requests that returns the "entityId" of each new one. A request whose key the user has used in the last 24
 * hours, in any transaction, is left out.
 * @param rows SQL that selects "userId", key, "contentSha256" and "entityId", each user and key once, in the order of these
 */
export function clientRequestsInsert(rows: string): string {
  return `
    INSERT INTO "ClientRequest" AS earlier ("userId", key, "contentSha256", "entityId") ${rows}
    ON CONFLICT ("userId", key) DO UPDATE
    SET "contentSha256" = excluded."contentSha256", "entityId" = excluded."entityId", "createdAt" = transaction_timestamp()
    WHERE earlier."createdAt" < transaction_timestamp() - interval '24 hours'
    RETURNING "entityId"`;
}
