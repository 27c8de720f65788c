import type { DatabaseOrTransaction } from '../../database/client.js';
import type { ChainedEvent, Seal } from './hash-chain.js';

/** Seals after a position with their events, in the order of the chain; `event` is null where it was deleted. */
export async function readSealedEvents(
  database: DatabaseOrTransaction,
  after: bigint,
  limit: number,
): Promise<{ seal: Seal; event: ChainedEvent | null }[]> {
  const rows = await database.$queryRaw<(ChainedEvent & Seal & { isThere: boolean })[]>`
    SELECT seal.position, seal."eventId", seal."sealedAt", seal.hash, event.id IS NOT NULL AS "isThere",
      coalesce(event.id, '') AS id, event."createdAt", event."actorId", event.action, event."entityId", event.outcome,
      event.ip, event.detail, event."requestId", event."credentialId", event."casePseudonym", event.answer
    FROM "AuditSeal" AS seal LEFT JOIN "AuditEvent" AS event ON event.id = seal."eventId"
    WHERE seal.position > ${after} ORDER BY seal.position LIMIT ${limit}`;
  return rows.map(({ position, eventId, sealedAt, hash, isThere, ...event }) => ({
    seal: { position, eventId, sealedAt, hash },
    event: isThere ? event : null,
  }));
}
