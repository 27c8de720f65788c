import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** What the hash of an event covers: every column that says what happened. */
export interface ChainedEvent {
  id: string;
  createdAt: Date;
  actorId: string | null;
  action: string;
  entityId: string | null;
  outcome: string;
  ip: string | null;
  detail: string | null;
  requestId: string | null;
  credentialId: string | null;
  casePseudonym: string | null;
  answer: unknown;
}

/** An event's place in the chain. */
export interface Seal {
  /** Counts from 1 without a gap. */
  position: bigint;
  eventId: string;
  /** When the pass that sealed it began, by the database's clock. */
  sealedAt: Date;
  /** {@link sealHash}. */
  hash: string;
}

/** The hash before the first event: 32 bytes of zero. */
export const FIRST_HASH = '0'.repeat(64);

/**
 * The hash that seals an event: SHA-256, as 64 hexadecimal digits, of the canonical JSON (RFC 8785) of the previous hash, the
 * position, the time of sealing and the event. A change of any of these changes this hash and all later ones.
 */
export function sealHash(
  previousHash: string,
  { position, sealedAt }: Omit<Seal, 'hash'>,
  event: ChainedEvent,
): string {
  const sealed = {
    previousHash,
    position: String(position),
    sealedAt: sealedAt.toISOString(),
    event: {
      id: event.id,
      createdAt: event.createdAt.toISOString(),
      actorId: event.actorId,
      action: event.action,
      entityId: event.entityId,
      outcome: event.outcome,
      ip: event.ip,
      detail: event.detail,
      requestId: event.requestId,
      credentialId: event.credentialId,
      casePseudonym: event.casePseudonym,
      answer: event.answer,
    },
  };
  return createHash('sha256').update(canonicalJson(sealed)).digest('hex');
}

/** JSON text by RFC 8785: the same for the same value. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('This value has no JSON form.');
  return text;
}
