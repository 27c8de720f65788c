import type { Database, Transaction } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { type ChainedEvent, FIRST_HASH, type Seal, sealHash } from './hash-chain.js';

/** Events sealed in one transaction. */
const BATCH = 1_000;
/** Key of the advisory lock that lets one process seal at a time: 'seal' in ASCII. */
const SEAL_LOCK = 0x7365616c;

/** The last seal of the chain, or that of position 0 while there is none. */
export interface ChainEnd {
  position: bigint;
  hash: string;
}

/**
 * Seals every event that is committed and not sealed yet, in batches. Events are added to the end of the chain in the order in
 * which they became visible, so an event that commits late is never missed. Where another process is sealing, does nothing.
 *
 * @returns the end of the chain; null where another process is sealing
 */
export async function sealEvents(database: Database): Promise<ChainEnd | null> {
  for (;;) {
    const batch = await database.$transaction(sealBatch);
    if (batch === null || batch.isComplete) return batch && batch.end;
  }
}

async function sealBatch(tx: Transaction): Promise<{ end: ChainEnd; isComplete: boolean } | null> {
  const [lock] = await tx.$queryRaw<
    { held: boolean }[]
  >`SELECT pg_try_advisory_xact_lock(${SEAL_LOCK}) AS held`;
  if (!lock?.held) return null;
  const [pass] = await tx.$queryRaw<Pass[]>`
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS "openTransaction",
      CASE WHEN "sealedBefore" < pg_snapshot_xmax(pg_current_snapshot()) THEN "sealedBefore"::text END AS "sealedBefore",
      coalesce("passStartedAt", date_trunc('milliseconds', transaction_timestamp())) AS "startedAt",
      "passStartedAt" IS NOT NULL AS "isResumed",
      coalesce(position, 0) AS position, coalesce(hash, ${FIRST_HASH}) AS hash
    FROM "AuditSealer" LEFT JOIN (
      SELECT position, hash FROM "AuditSeal" ORDER BY position DESC LIMIT 1
    ) AS last ON true`;
  if (!pass) throw new Error('The table "AuditSealer" has lost its row.');
  const events = await unsealedEvents(tx, pass.sealedBefore);
  const { seals, end } = chainOf(pass, events, pass.startedAt);
  const isComplete = events.length < BATCH;
  // While nothing happens, nothing is written: each write is a transaction, and would make the next pass write again.
  const isIdle = seals.length === 0 && pass.sealedBefore !== null && !pass.isResumed;
  if (isIdle) return { end, isComplete };
  const progress = isComplete
    ? Prisma.sql`"sealedBefore" = ${pass.openTransaction}::xid8, "passStartedAt" = NULL`
    : Prisma.sql`"passStartedAt" = ${pass.startedAt}`;
  await insertSeals(tx, seals, progress);
  return { end, isComplete };
}

interface Pass extends ChainEnd {
  /** The oldest transaction that may not have ended: events of earlier ones are all visible. */
  openTransaction: string;
  /** Events of earlier transactions are sealed. Null at first, and after the database was restored into another cluster. */
  sealedBefore: string | null;
  startedAt: Date;
  /** Whether an earlier batch of this pass has been sealed. */
  isResumed: boolean;
}

/** At most BATCH of them, the oldest transaction's first; those of releases without transaction ids before all others. */
async function unsealedEvents(tx: Transaction, sealedBefore: string | null): Promise<ChainedEvent[]> {
  const from =
    sealedBefore === null ? Prisma.empty : Prisma.sql`"transactionId" >= ${sealedBefore}::xid8 AND`;
  return tx.$queryRaw`
    SELECT id, "createdAt", "actorId", action, "entityId", outcome, ip, detail, "requestId", "credentialId",
      "casePseudonym", answer
    FROM "AuditEvent" AS event
    WHERE ${from} NOT EXISTS (SELECT FROM "AuditSeal" WHERE "eventId" = event.id)
    ORDER BY "transactionId" NULLS FIRST, "createdAt", id LIMIT ${BATCH}`;
}

/** The end of the chain as the transaction sees it. */
export async function endOfChain(database: Pick<Transaction, 'auditSeal'>): Promise<ChainEnd> {
  const last = await database.auditSeal.findFirst({
    orderBy: { position: 'desc' },
    select: { position: true, hash: true },
  });
  return last ?? { position: 0n, hash: FIRST_HASH };
}

function chainOf(
  before: ChainEnd,
  events: readonly ChainedEvent[],
  sealedAt: Date,
): { seals: Seal[]; end: ChainEnd } {
  let end = before;
  const seals = events.map((event) => {
    const place = { position: end.position + 1n, eventId: event.id, sealedAt };
    const seal = { ...place, hash: sealHash(end.hash, place, event) };
    end = { position: seal.position, hash: seal.hash };
    return seal;
  });
  return { seals, end };
}

/** Inserts the seals and sets the progress of the sealer, in one statement. */
async function insertSeals(tx: Transaction, seals: readonly Seal[], progress: Prisma.Sql): Promise<void> {
  const rows = JSON.stringify(seals.map((seal) => ({ ...seal, position: String(seal.position) })));
  await tx.$executeRaw`
    WITH seal AS (
      INSERT INTO "AuditSeal" (position, "eventId", "sealedAt", hash)
      SELECT * FROM json_to_recordset(${rows}::json) AS row (position bigint, "eventId" text, "sealedAt" timestamptz, hash text)
    )
    UPDATE "AuditSealer" SET ${progress}`;
}
