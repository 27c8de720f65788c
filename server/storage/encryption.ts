import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

// Encryption of bytes at rest with AES-256-GCM. The format, in this order:
//   "CYTOENC1"  8 bytes
//   key id      8 bytes, so that old keys can be used for reading
//   salt       16 bytes
//   ciphertext  as long as the plain bytes
//   tag        16 bytes
// Each message has its own key and nonce, derived from a random salt with HKDF-SHA-256 (RFC 5869), so that one key may encrypt any
// number of messages: NIST SP 800-38D limits a key to 2^32 messages with random nonces.

const MAGIC = Buffer.from('CYTOENC1');
const ID_BYTES = 8;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const HEADER_BYTES = MAGIC.length + ID_BYTES + SALT_BYTES;
const NONCE_BYTES = 12;

/** Length of a key in bytes. */
export const KEY_BYTES = 32;
/** How much longer encrypted bytes are than plain ones. */
export const ENCRYPTION_OVERHEAD = HEADER_BYTES + TAG_BYTES;

/** Bytes cannot be decrypted: their key is missing, or they were changed. The message continues a sentence. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError';

  constructor(
    readonly fault: 'NO_KEY' | 'CHANGED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The keys of an installation: new bytes are encrypted with the first one, and all are used for reading. */
export class KeyRing {
  /** 16 hexadecimal digits. */
  readonly currentId: string;
  readonly #current: Buffer;
  readonly #keys: ReadonlyMap<string, Buffer>;

  /** @param keys at least one, of 32 bytes each */
  constructor(keys: readonly [Buffer, ...Buffer[]]) {
    this.#keys = new Map(keys.map((key) => [idOf(key), key]));
    [this.#current] = keys;
    this.currentId = idOf(this.#current);
  }

  has(id: string): boolean {
    return this.#keys.has(id);
  }

  /**
   * Encrypts bytes.
   * @param place where they are stored: they can be decrypted only with the same place, so that stored bytes cannot be exchanged
   */
  encrypt(bytes: Uint8Array, place: string): Buffer {
    const salt = randomBytes(SALT_BYTES);
    const header = Buffer.concat([MAGIC, Buffer.from(this.currentId, 'hex'), salt]);
    const { key, nonce } = derive(this.#current, salt);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(
      Buffer.concat([header, Buffer.from(place)]),
    );
    return Buffer.concat([header, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws DecryptionError */
  decrypt(encrypted: Buffer, place: string): Buffer {
    const id = keyIdOf(encrypted);
    if (id === null) throw new DecryptionError('CHANGED', 'it does not have the format of encrypted data');
    const master = this.#keys.get(id);
    if (!master)
      throw new DecryptionError(
        'NO_KEY',
        `it is encrypted with the key ${id}, which is not in ENCRYPTION_KEYS`,
      );
    const header = encrypted.subarray(0, HEADER_BYTES);
    const { key, nonce } = derive(master, header.subarray(HEADER_BYTES - SALT_BYTES));
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
      .setAAD(Buffer.concat([header, Buffer.from(place)]))
      .setAuthTag(encrypted.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(encrypted.subarray(HEADER_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (error) {
      throw new DecryptionError('CHANGED', 'it was changed after it was encrypted', { cause: error });
    }
  }
}

/** The id of the key that encrypted these bytes, as 16 hexadecimal digits; null if they are not encrypted. */
export function keyIdOf(bytes: Buffer): string | null {
  if (bytes.length < ENCRYPTION_OVERHEAD || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  return bytes.toString('hex', MAGIC.length, MAGIC.length + ID_BYTES);
}

function idOf(key: Buffer): string {
  return createHash('sha256')
    .update('cytograph key id')
    .update(key)
    .digest('hex')
    .slice(0, 2 * ID_BYTES);
}

function derive(master: Buffer, salt: Buffer): { key: Buffer; nonce: Buffer } {
  const bytes = Buffer.from(
    hkdfSync('sha256', master, salt, 'cytograph encryption', KEY_BYTES + NONCE_BYTES),
  );
  return { key: bytes.subarray(0, KEY_BYTES), nonce: bytes.subarray(KEY_BYTES) };
}
