import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { ObjectStore } from '../../storage/object-store.js';
import type { ChainEnd } from './seal-events.js';
import { signatureFault, signatureFields, signed } from './signatures.js';

/** A signed statement that the chain had this hash at this position. Kept in the object store, out of the database's reach. */
const Checkpoint = z.strictObject({
  position: z.string().regex(/^[1-9]\d*$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** ISO 8601, by the clock of the process that signed it. */
  signedAt: z.iso.datetime(),
  ...signatureFields,
});
export type Checkpoint = z.infer<typeof Checkpoint>;

const FOLDER = 'audit/checkpoints/';

/** In the order of positions: the number has 20 digits. */
function checkpointKey(position: bigint): string {
  return `${FOLDER}${String(position).padStart(20, '0')}.json`;
}

/** Signs the end of the chain and stores the statement. An equal position that is stored already stays as it is. */
export async function storeCheckpoint(
  store: ObjectStore,
  signingKey: KeyObject,
  { position, hash }: ChainEnd,
): Promise<void> {
  const statement = { position: String(position), hash, signedAt: new Date().toISOString() };
  const bytes = Buffer.from(`${JSON.stringify(signed(statement, signingKey), null, 2)}\n`);
  await store.putOnce(checkpointKey(position), bytes, 'application/json');
}

/** All checkpoints in the store, in the order of their positions; `fault` says what is wrong with one. */
export async function* readCheckpoints(
  store: ObjectStore,
  publicKeys: readonly KeyObject[],
): AsyncGenerator<{ key: string; checkpoint: Checkpoint } | { key: string; fault: string }> {
  for await (const { key } of store.list(FOLDER)) {
    const parsed = Checkpoint.safeParse(jsonOf(await store.get(key)));
    if (!parsed.success) yield { key, fault: 'is not a checkpoint' };
    else {
      const fault = faultOf(key, parsed.data, publicKeys);
      yield fault === null ? { key, checkpoint: parsed.data } : { key, fault };
    }
  }
}

function faultOf(key: string, checkpoint: Checkpoint, publicKeys: readonly KeyObject[]): string | null {
  if (key !== checkpointKey(BigInt(checkpoint.position))) return `says position ${checkpoint.position}`;
  return signatureFault(checkpoint, publicKeys);
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** Where the signing key of this installation is kept: an Ed25519 private key in PEM. */
export function signingKeyFile(dataDir: string): string {
  return path.join(dataDir, 'audit-signing-key.pem');
}

/** The key with which this installation signs checkpoints; made, for its owner's eyes only, where there is none yet. */
export async function openSigningKey(dataDir: string): Promise<KeyObject> {
  const file = signingKeyFile(dataDir);
  await mkdir(dataDir, { recursive: true });
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeFile(file, pem, { flag: 'wx', mode: 0o600, flush: true }).catch(ignoreExisting);
  return createPrivateKey(await readFile(file));
}

function ignoreExisting(error: unknown): void {
  const isThere = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';
  if (!isThere) throw error;
}
