/** One object, without its bytes. */
export interface StoredObject {
  key: string;
  byteSize: number;
  /** Changes when the bytes change. */
  etag: string;
  /** Why it can only be listed and not read, in a sentence: a symbolic link that leads nowhere, for instance. Default: it can. */
  unreadable?: string;
}

/** Bytes on their way into a store, where nobody sees them yet. One of the two ends it. */
export interface Draft {
  /** Stores them unless the key exists: whole and durable when it resolves. Of several at once, one creates. */
  putOnce(contentType?: string, signal?: AbortSignal): Promise<'created' | 'exists'>;
  /** Leaves nothing of them. Does not fail. */
  discard(): Promise<void>;
}

export interface GetOptions {
  /** The size that a listing gave: bytes of another size are an error with reason UNREADABLE. Default: any size. */
  byteSize?: number;
  signal?: AbortSignal;
}

/**
 * Bytes under keys: a folder or an S3 bucket. Keys are relative, with '/' between their parts, such as `images/ab/abcd…`;
 * parts are not empty and neither '.' nor '..'. Every function throws ObjectStoreError, or the reason of the `signal` that
 * it was given: a bucket ends its requests when that aborts; a folder cannot end what it has begun.
 */
export interface ObjectStore {
  /** `s3://bucket/prefix/` or `file:/folder/`. */
  readonly root: string;
  /** The address of a key: `root` followed by the key. */
  uri(key: string): string;
  /** Stores or replaces. Whole and durable when it resolves; readers see the old bytes or the new, never a part. */
  put(key: string, bytes: Uint8Array, contentType?: string, signal?: AbortSignal): Promise<void>;
  /** Stores unless the key exists. Of several at once, one creates. */
  putOnce(
    key: string,
    bytes: Uint8Array,
    contentType?: string,
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'>;
  /**
   * The same in two steps, for bytes of which it is not known yet whether they are to be kept: what can be done before is
   * begun at once, beside what finds that out. What fails meanwhile is thrown by the draft's `putOnce`.
   */
  draft(key: string, bytes: Uint8Array): Draft;
  /** @throws ObjectStoreError with reason NOT_FOUND where there is no such object */
  get(key: string, options?: GetOptions): Promise<Buffer>;
  /** Whether the object has exactly these bytes. A quick look: a bucket compares checksums where it can. */
  holds(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<boolean>;
  /** null where there is no such object. */
  stat(key: string): Promise<StoredObject | null>;
  /**
   * All objects whose key begins with `prefix` (not only at a '/'), each once, in byte order of the keys. A key in a bucket may end
   * with '/': of an empty object that stands for a folder.
   */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Resolves if the store can be reached and listed with these credentials. Writes nothing. */
  probeReading(): Promise<void>;
  /** Resolves if objects can be stored and read now: it stores some bytes and reads them. */
  probe(signal?: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * Why a call failed. NOT_FOUND and UNREADABLE (archived, denied, encrypted with another key, cut short) concern one object; the
 * others concern the store, and the next object fails like this one. UNREACHABLE, FULL and READ_ONLY usually pass.
 */
export type ObjectStoreFailure =
  | 'NOT_FOUND'
  | 'UNREADABLE'
  | 'NO_SUCH_BUCKET'
  | 'NO_CREDENTIALS'
  | 'ACCESS_DENIED'
  | 'UNREACHABLE'
  | 'FULL'
  | 'READ_ONLY'
  | 'OTHER';

/** Its message is a sentence that says what would be right, fit for the person who chose the store. */
export class ObjectStoreError extends Error {
  constructor(
    readonly reason: ObjectStoreFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ObjectStoreError';
  }

  /** Whether only this object cannot be read, and others may be. */
  get concernsOneObject(): boolean {
    return this.reason === 'NOT_FOUND' || this.reason === 'UNREADABLE';
  }
}
