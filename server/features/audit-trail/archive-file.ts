import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import type { ChainedEvent, Seal } from './hash-chain.js';
import { signatureFault, signatureFields, signed } from './signatures.js';

// A file of the archive has a part of the chain, as JSON lines compressed with gzip. The first line is a signed statement about the
// part, and each other line an event with its seal. So `zcat FILE | head -1` shows what a file has.

const FORMAT = 'cytograph-audit-archive-1';

const position = z.string().regex(/^[1-9]\d*$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime().transform((text) => new Date(text));

const Statement = z.strictObject({
  format: z.literal(FORMAT),
  firstPosition: position,
  lastPosition: position,
  /** The hash of the event before the first one. */
  previousHash: hash,
  /** The hash of the last event. */
  hash,
  archivedAt: z.iso.datetime(),
  ...signatureFields,
});

const Entry = z.strictObject({
  position: position.transform(BigInt),
  sealedAt: time,
  hash,
  event: z.strictObject({
    id: z.string(),
    createdAt: time,
    actorId: z.string().nullable(),
    action: z.string(),
    entityId: z.string().nullable(),
    outcome: z.string(),
    ip: z.string().nullable(),
    detail: z.string().nullable(),
    requestId: z.string().nullable(),
    credentialId: z.string().nullable(),
    casePseudonym: z.string().nullable(),
    answer: z.unknown(),
  }),
});

/** An event with its place in the chain. */
export interface SealedEvent {
  seal: Seal;
  event: ChainedEvent;
}

const FOLDER = 'audit/archive/';

/** The key of the file that begins at a position. In the order of positions: the number has 20 digits. */
export function archiveKey(firstPosition: bigint): string {
  return `${FOLDER}${String(firstPosition).padStart(20, '0')}.jsonl.gz`;
}

/** The bytes of an archive file with these consecutive events, at least one. */
export async function encodeArchive(
  events: readonly SealedEvent[],
  previousHash: string,
  signingKey: KeyObject,
): Promise<Buffer> {
  const [first] = events;
  const last = events.at(-1);
  if (!first || !last) throw new Error('An archive file has at least one event.');
  const statement = {
    format: FORMAT,
    firstPosition: String(first.seal.position),
    lastPosition: String(last.seal.position),
    previousHash,
    hash: last.seal.hash,
    archivedAt: new Date().toISOString(),
  };
  const entries = events.map(({ seal: { position, sealedAt, hash }, event }) => ({
    position: String(position),
    sealedAt,
    hash,
    event,
  }));
  const lines = [signed(statement, signingKey), ...entries].map((line) => `${JSON.stringify(line)}\n`);
  return promisify(gzip)(lines.join(''));
}

/**
 * The events in an archive file. `fault` is the rest of a sentence about the file, null if it is genuine. The events are not
 * compared with their hashes.
 */
export async function decodeArchive(
  bytes: Uint8Array,
  publicKeys: readonly KeyObject[],
): Promise<{ events: SealedEvent[]; fault: string | null }> {
  try {
    const text = (await promisify(gunzip)(bytes)).toString();
    const [statement, ...entries] = text.trimEnd().split('\n');
    const parsed = Statement.parse(JSON.parse(statement ?? ''));
    const events = entries.map((line) => {
      const { event, ...seal } = Entry.parse(JSON.parse(line));
      return { seal: { ...seal, eventId: event.id }, event: { ...event, answer: event.answer ?? null } };
    });
    const last = events.at(-1)?.seal;
    const isComplete = String(last?.position) === parsed.lastPosition && last?.hash === parsed.hash;
    const fault = signatureFault(parsed, publicKeys);
    return {
      events,
      fault: fault ?? (isComplete ? null : `does not end at position ${parsed.lastPosition}`),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return { events: [], fault: `cannot be read (${why})` };
  }
}
