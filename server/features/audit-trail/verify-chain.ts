import type { KeyObject } from 'node:crypto';
import type { Database } from '../../database/client.js';
import { type ObjectStore, ObjectStoreError } from '../../storage/object-store.js';
import { archiveKey, decodeArchive } from './archive-file.js';
import { type Checkpoint, readCheckpoints } from './checkpoints.js';
import { type ChainedEvent, FIRST_HASH, type Seal, sealHash } from './hash-chain.js';
import { readSealedEvents } from './read-sealed-events.js';

/** What {@link verifyChain} found wrong, and where. */
export interface ChainFault {
  kind:
    | 'REMOVED' // a position, or an event with its seal, is missing
    | 'CHANGED' // an event, its seal or their order differs from what was sealed
    | 'INSERTED' // an event was added later with an earlier time
    | 'UNSEALED' // an event was never sealed
    | 'CHECKPOINT' // a checkpoint contradicts the chain or is not genuine
    | 'ARCHIVE'; // a file of the archive is damaged or not genuine
  /** A position in the chain, the id of an event, or the key of a checkpoint or of an archive file. */
  where: string;
  /** The rest of a sentence that begins with `where`. */
  detail: string;
}

export interface ChainReport {
  events: bigint;
  checkpoints: number;
  /** Events after the last checkpoint: a chain that was shortened or rebuilt within them would not be noticed. */
  afterLastCheckpoint: bigint;
  /** The position of the chain's end, and its hash, for a note on paper. */
  end: { position: bigint; hash: string };
  faults: number;
}

/** Seals read in one statement. */
const PAGE = 5_000;
/** The longest transaction takes less. An event that is sealed so much later than a sealer could see it was inserted. */
const LONGEST_TRANSACTION_MS = 60 * 60_000;
/** An event that has had no seal for so long: no sealer runs, or its row was made so that none sees it. */
const SEALED_WITHIN_MS = 2 * 60 * 60_000;

interface VerifyOptions {
  publicKeys: readonly KeyObject[];
  onFault: (fault: ChainFault) => void;
  onProgress: (position: bigint, end: bigint) => void;
  signal: AbortSignal;
}

/**
 * Recomputes every hash of the audit trail, archived events included, and compares the chain with the signed checkpoints in the
 * object store. Reads only; the server may run. Of all that it reads, only the checkpoints are held in memory: one for each 10
 * minutes of use.
 */
export async function verifyChain(
  { database, store }: { database: Database; store: ObjectStore },
  { publicKeys, onFault, onProgress, signal }: VerifyOptions,
): Promise<ChainReport> {
  let faults = 0;
  const fault = (kind: ChainFault['kind'], where: string, detail: string) => {
    faults++;
    onFault({ kind, where, detail });
  };

  // The checkpoints first: all that they name was sealed before the rows are read.
  const checkpoints = new Map<bigint, { key: string; checkpoint: Checkpoint }>();
  for await (const read of readCheckpoints(store, publicKeys)) {
    signal.throwIfAborted();
    if ('fault' in read) fault('CHECKPOINT', read.key, read.fault);
    else checkpoints.set(BigInt(read.checkpoint.position), read);
  }
  const lastCheckpoint = [...checkpoints.keys()].at(-1) ?? 0n;
  const checkpointCount = checkpoints.size;

  const [chain] = await database.$queryRaw<
    { end: bigint | null }[]
  >`SELECT max(position) AS end FROM "AuditSeal"`;
  const endPosition = chain?.end ?? 0n;
  let end = { position: 0n, hash: FIRST_HASH };
  let events = 0n;
  const sealing = { at: 0, before: 0 };
  const onArchiveFault = (key: string, detail: string) => fault('ARCHIVE', key, detail);
  const reading = { publicKeys, onArchiveFault, signal };
  for await (const { seal, event } of sealedEvents({ database, store }, endPosition, reading)) {
    const { position } = seal;
    if (position !== end.position + 1n)
      fault('REMOVED', `${end.position + 1n}`, `is missing: the next seal has position ${position}`);
    if (event === null) fault('REMOVED', `${position}`, `has no event: ${seal.eventId} was deleted`);
    else {
      if (sealHash(end.hash, seal, event) !== seal.hash)
        fault(
          'CHANGED',
          `${position}`,
          `does not have the hash of its content: ${event.id} (${event.action}) or its seal was changed, or moved`,
        );
      const sealedAt = seal.sealedAt.getTime();
      if (sealedAt !== sealing.at) Object.assign(sealing, { before: sealing.at, at: sealedAt });
      if (event.createdAt.getTime() < sealing.before - LONGEST_TRANSACTION_MS)
        fault(
          'INSERTED',
          `${position}`,
          `was recorded late: ${event.id} (${event.action}) says ${event.createdAt.toISOString()}, but was not there when events were sealed at ${new Date(sealing.before).toISOString()}`,
        );
    }
    const checkpoint = checkpoints.get(position);
    if (checkpoint && checkpoint.checkpoint.hash !== seal.hash)
      fault(
        'CHECKPOINT',
        checkpoint.key,
        `was signed at ${checkpoint.checkpoint.signedAt} over another chain: the events up to position ${position} are not those that were sealed`,
      );
    checkpoints.delete(position);
    end = { position, hash: seal.hash };
    events++;
    if (events % BigInt(PAGE) === 0n) onProgress(position, endPosition);
  }
  for (const [position, { key, checkpoint }] of checkpoints)
    fault(
      'REMOVED',
      `${position}`,
      `is missing, although ${key} was signed over it at ${checkpoint.signedAt}`,
    );
  for (const { id, action, createdAt } of await longUnsealed(database))
    fault('UNSEALED', id, `(${action}) was recorded at ${createdAt.toISOString()} and has no seal`);

  const afterLastCheckpoint = end.position > lastCheckpoint ? end.position - lastCheckpoint : 0n;
  return { events, checkpoints: checkpointCount, afterLastCheckpoint, end, faults };
}

/**
 * The chain up to `end`. Where the database lacks events, they are read from the archive. So events that
 * move to the archive during the verification are still found.
 */
async function* sealedEvents(
  { database, store }: { database: Database; store: ObjectStore },
  end: bigint,
  { publicKeys, onArchiveFault, signal }: SealedEventsOptions,
): AsyncGenerator<{ seal: Seal; event: ChainedEvent | null }> {
  for (let after = 0n; after < end;) {
    signal.throwIfAborted();
    const rows = await readSealedEvents(database, after, PAGE);
    const isGap = rows[0]?.seal.position !== after + 1n;
    const archived = isGap ? await readArchive(store, after + 1n, publicKeys) : null;
    if (archived?.fault) onArchiveFault(archiveKey(after + 1n), archived.fault);
    const events = archived && archived.events.length > 0 ? archived.events : rows;
    for (const event of events) if (event.seal.position <= end) yield event;
    const last = events.at(-1);
    if (!last || last.seal.position <= after) return;
    after = last.seal.position;
  }
}

interface SealedEventsOptions {
  publicKeys: readonly KeyObject[];
  onArchiveFault: (key: string, fault: string) => void;
  signal: AbortSignal;
}

/** The archive file that begins at a position; null if there is none. */
async function readArchive(store: ObjectStore, firstPosition: bigint, publicKeys: readonly KeyObject[]) {
  try {
    return await decodeArchive(await store.get(archiveKey(firstPosition)), publicKeys);
  } catch (error) {
    if (error instanceof ObjectStoreError && error.reason === 'NOT_FOUND') return null;
    throw error;
  }
}

/** Some of the events that no sealer has seen for long, the oldest first. */
function longUnsealed(database: Database): Promise<{ id: string; action: string; createdAt: Date }[]> {
  return database.$queryRaw`
    SELECT id, action, "createdAt" FROM "AuditEvent" AS event
    WHERE NOT EXISTS (SELECT FROM "AuditSeal" WHERE "eventId" = event.id)
      AND "createdAt" < now() - make_interval(secs => ${SEALED_WITHIN_MS / 1000})
    ORDER BY "createdAt", id LIMIT 100`;
}
