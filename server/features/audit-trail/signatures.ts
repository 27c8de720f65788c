import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './hash-chain.js';

/** The fields that {@link signed} adds to a statement. */
export const signatureFields = {
  /** SHA-256 of the public key: {@link fingerprintOf}. */
  keyFingerprint: z.string(),
  /** Ed25519 over the canonical JSON of the other fields, base64. */
  signature: z.string(),
};

interface Signature {
  keyFingerprint: string;
  signature: string;
}

/** A statement with the signature of an Ed25519 key. */
export function signed<Statement extends object>(
  statement: Statement,
  signingKey: KeyObject,
): Statement & Signature {
  const named = { ...statement, keyFingerprint: fingerprintOf(createPublicKey(signingKey)) };
  const signature = sign(null, Buffer.from(canonicalJson(named)), signingKey).toString('base64');
  return { ...named, signature };
}

/** Why a signed statement is not genuine, as the rest of a sentence; null if it is. */
export function signatureFault(
  { signature, ...statement }: Signature & object,
  publicKeys: readonly KeyObject[],
): string | null {
  const publicKey = publicKeys.find((known) => fingerprintOf(known) === statement.keyFingerprint);
  if (!publicKey) return `is signed with a key that is not known here (${statement.keyFingerprint})`;
  const text = Buffer.from(canonicalJson(statement));
  const isGenuine = verify(null, text, publicKey, Buffer.from(signature, 'base64'));
  return isGenuine ? null : 'has a signature that does not match its content';
}

/** The first 16 bytes of the SHA-256 of the public key (DER), as 32 hexadecimal digits. */
export function fingerprintOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 32);
}
