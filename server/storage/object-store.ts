/** The metadata of an object. */
export interface StoredObject {
  key: string;
  byteSize: number;
  /** Changes when the bytes change. */
  etag: string;
  /** For an object that can be listed but not read, such as a broken symbolic link: the reason as a sentence. Undefined for all others. */
  unreadable?: string;
}

/** Bytes that are being written to a store and are not visible yet. Call exactly one of the two functions. */
export interface Draft {
  /** Stores the object unless the key exists. Complete and durable when it resolves. Of several concurrent calls, one returns 'created'. */
  putOnce(contentType?: string, signal?: AbortSignal): Promise<'created' | 'exists'>;
  /** Deletes the draft. Never rejects. */
  discard(): Promise<void>;
}

export interface GetOptions {
  /** The expected size in bytes, from a listing. Another size is an error with reason UNREADABLE. Default: any size. */
  byteSize?: number;
  signal?: AbortSignal;
}

/**
 * A store of objects (bytes under a key): a folder or an S3 bucket. Keys are relative paths with '/' between their parts, such as
 * `images/ab/abcd…`; parts are not empty, '.' or '..'. Every function throws ObjectStoreError, or the reason of the `signal` if that
 * aborts. An S3 store then aborts its requests; a folder store cannot abort an operation in progress.
 */
export interface ObjectStore {
  /** `s3://bucket/prefix/` or `file:/folder/`. */
  readonly root: string;
  /** The address of a key: `root` followed by the key. */
  uri(key: string): string;
  /** Stores or replaces an object. Complete and durable when it resolves. Readers see either the old or the new bytes, never a part. */
  put(key: string, bytes: Uint8Array, contentType?: string, signal?: AbortSignal): Promise<void>;
  /** Stores an object unless the key exists. Of several concurrent calls, one returns 'created'. */
  putOnce(
    key: string,
    bytes: Uint8Array,
    contentType?: string,
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'>;
  /**
   * Like `putOnce`, but in two steps, for when it is not known yet whether the bytes will be kept. Writing starts immediately, where
   * the store supports that. Errors are thrown by the draft's `putOnce`.
   */
  draft(key: string, bytes: Uint8Array): Draft;
  /** Reads an object. @throws ObjectStoreError with reason NOT_FOUND if there is no such object */
  get(key: string, options?: GetOptions): Promise<Buffer>;
  /**
   * Deletes an object, in a bucket with versions every version of it. Durable when it resolves. Resolves too if there is no such
   * object, so that it can be repeated.
   */
  delete(key: string, signal?: AbortSignal): Promise<void>;
  /** Whether the object has exactly these bytes. Fast: an S3 store compares checksums where it can. */
  holds(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<boolean>;
  /**
   * Whether the store has no such object. Fast: a store that would have to send a request returns false, which then says nothing.
   */
  surelyLacks(key: string): Promise<boolean>;
  /** The metadata of an object; null if there is no such object. */
  stat(key: string): Promise<StoredObject | null>;
  /**
   * Lists all objects whose key begins with `prefix` (which need not end at a '/'), each once, in byte order of the keys. In a bucket, a
   * key may end with '/': an empty object that represents a folder.
   */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Resolves if the store is reachable and can be listed with these credentials. Writes nothing. */
  probeReading(): Promise<void>;
  /** Resolves if objects can be stored and read now. Writes some bytes and reads them. */
  probe(signal?: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * Why a call failed. NOT_FOUND, UNREADABLE (archived, denied, encrypted with another key, truncated) and DAMAGED (an encrypted object
 * was changed) concern one object. The others concern the whole store, so the next call would fail too. UNREACHABLE, FULL and READ_ONLY are usually temporary.
 */
export type ObjectStoreFailure =
  | 'NOT_FOUND'
  | 'UNREADABLE'
  | 'DAMAGED'
  | 'NO_SUCH_BUCKET'
  | 'NO_CREDENTIALS'
  | 'ACCESS_DENIED'
  | 'UNREACHABLE'
  | 'FULL'
  | 'READ_ONLY'
  | 'OTHER';

/** A failure of an object store. Its message says what to do, for the person who configured the store. */
export class ObjectStoreError extends Error {
  constructor(
    readonly reason: ObjectStoreFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ObjectStoreError';
  }

  /** Whether the failure concerns only this object, so that others may be readable. */
  get concernsOneObject(): boolean {
    return ['NOT_FOUND', 'UNREADABLE', 'DAMAGED'].includes(this.reason);
  }
}
