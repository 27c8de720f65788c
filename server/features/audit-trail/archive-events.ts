import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { Database, Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { archiveKey, decodeArchive, encodeArchive, type SealedEvent } from './archive-file.js';
import { FIRST_HASH, sealHash } from './hash-chain.js';
import { readSealedEvents } from './read-sealed-events.js';
import { endOfChain } from './seal-events.js';

/** Events in a file: about 6 MB before compression. */
const LARGEST_FILE = 10_000;
/** Key of the advisory lock that lets one process archive at a time: 'arch' in ASCII. */
const ARCHIVE_LOCK = 0x61726368;
const TIMEOUT_MS = 10 * 60_000;

export interface ArchiveServices {
  database: Database;
  store: ObjectStore;
  signingKey: KeyObject;
  log: Logger;
}

/** Which events may move to the archive. */
export interface ArchiveLimits {
  /** Those sealed before this time. */
  sealedBefore: Date;
  /** Whether events that have not been forwarded by syslog must wait. */
  onlyForwarded: boolean;
}

/** The chain is damaged, so nothing was moved to the archive. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

/**
 * Moves old events to files in the object store, oldest first. Each file is written, read back and
 * verified; then one transaction records that and removes its events from the database. The end of the chain always stays. May
 * be stopped at any time and repeated: a file whose events are still in the database is written again.
 * Where another process is archiving, does nothing.
 *
 * @returns the number of events moved
 * @throws ArchiveError if the chain is damaged; ObjectStoreError
 */
export async function archiveEvents(
  services: ArchiveServices,
  { signal, ...limits }: ArchiveLimits & { signal: AbortSignal },
): Promise<number> {
  for (let moved = 0; ;) {
    signal.throwIfAborted();
    const count = await services.database.$transaction((tx) => archiveFile(tx, services, limits), {
      timeout: TIMEOUT_MS,
    });
    if (count === 0) return moved;
    moved += count;
  }
}

/** Moves the events of one file. Nothing is written to the database before the file is verified, so the sealer need not wait. */
async function archiveFile(
  tx: Transaction,
  { store, signingKey, log }: ArchiveServices,
  limits: ArchiveLimits,
): Promise<number> {
  const [lock] = await tx.$queryRaw<
    { held: boolean }[]
  >`SELECT pg_try_advisory_xact_lock(${ARCHIVE_LOCK}) AS held`;
  if (!lock?.held) return 0;
  const archived = await tx.auditArchive.findFirst({ orderBy: { lastPosition: 'desc' } });
  const before = { position: archived?.lastPosition ?? 0n, hash: archived?.lastHash ?? FIRST_HASH };
  const events = await eventsToArchive(tx, before.position, limits);
  const last = events.at(-1)?.seal;
  if (!last) return 0;
  verifyEvents(events, before);

  const key = archiveKey(before.position + 1n);
  await store.put(key, await encodeArchive(events, before.hash, signingKey), 'application/gzip');
  const stored = await decodeArchive(await store.get(key), [createPublicKey(signingKey)]);
  if (stored.fault) throw new ArchiveError(`${store.uri(key)} ${stored.fault}. Nothing was removed.`);
  verifyEvents(stored.events, before);

  await tx.auditArchive.create({
    data: {
      firstPosition: before.position + 1n,
      lastPosition: last.position,
      lastSealedAt: last.sealedAt,
      lastHash: last.hash,
    },
  });
  const eventId = newId('aud');
  const detail = `Events with the positions ${before.position + 1n} to ${last.position}, sealed until ${last.sealedAt.toISOString()}, were moved to ${key}.`;
  const actor = { viewer: null, ip: null };
  await recordAuditEvent(tx, actor, { id: eventId, action: 'AUDIT_EVENTS_ARCHIVED', detail });
  await tx.$queryRaw`SELECT set_config('cytograph.archiving', ${eventId}, true)`;
  await tx.$executeRaw`DELETE FROM "AuditSeal" WHERE position <= ${last.position}`;
  await tx.$executeRaw`DELETE FROM "AuditEvent" WHERE id = ANY(${events.map(({ event }) => event.id)})`;
  log.info({ object: store.uri(key), events: events.length }, 'Audit events were moved to the archive');
  return events.length;
}

async function eventsToArchive(
  tx: Transaction,
  after: bigint,
  { sealedBefore, onlyForwarded }: ArchiveLimits,
): Promise<SealedEvent[]> {
  const end = await endOfChain(tx);
  const { forwardedPosition } = await tx.auditForwarder.findUniqueOrThrow({ where: { id: 1 } });
  const rows = await readSealedEvents(tx, after, LARGEST_FILE);
  const events: SealedEvent[] = [];
  for (const { seal, event } of rows) {
    if (seal.sealedAt >= sealedBefore || seal.position === end.position) break;
    if (onlyForwarded && seal.position > forwardedPosition) break;
    if (event === null) throw damagedAt(seal.position);
    events.push({ seal, event });
  }
  return events;
}

/** Throws if events are not the consecutive part of the chain that follows `before`. */
function verifyEvents(events: readonly SealedEvent[], before: { position: bigint; hash: string }): void {
  let { position, hash } = before;
  for (const { seal, event } of events) {
    position += 1n;
    if (seal.position !== position || sealHash(hash, seal, event) !== seal.hash) throw damagedAt(position);
    ({ hash } = seal);
  }
}

function damagedAt(position: bigint): ArchiveError {
  return new ArchiveError(
    `The audit trail is damaged at position ${position}, so nothing was moved to the archive. Run: npm run audit:verify`,
  );
}
