import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { S3Settings } from '../config.js';
import {
  type Draft,
  type GetOptions,
  type ObjectStore,
  ObjectStoreError,
  type StoredObject,
} from './object-store.js';
import { PROBE_KEY } from './keys.js';
import { ATTEMPTS, openS3Client, regionOf } from './s3-client.js';
import {
  explainS3Failure,
  isDenied,
  isUnnamed,
  NotS3Error,
  regionOfBucket,
  requesterPays,
  statusOf,
} from './s3-failures.js';

/** How long the answer to "is the whole bucket denied, or only the object?" is cached, so that many denied objects need one check. */
const DIAGNOSIS_LASTS_MS = 30_000;
const LARGEST_DECOMPRESSED = 256 * 1024 * 1024;
/** Stored once and never replaced, so that a versioned bucket does not accumulate versions of it. */
const PROBE = {
  key: PROBE_KEY,
  bytes: Buffer.from('Cytograph checks whether this bucket can be written.'),
};

/**
 * Opens the objects of an S3 bucket below `prefix` (a folder: 'a/b' and 'a/b/' are the same; '' is the whole bucket). Without
 * credentials in the settings, the AWS SDK looks for some. If the bucket is in another region than the settings say and the server
 * reports which, that region is used. Sends no request before the first call.
 */
export function openS3Store(bucket: string, prefix: string, settings: S3Settings): ObjectStore {
  return new S3Store(bucket, prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`, settings);
}

interface Page {
  objects: StoredObject[];
  next: string | undefined;
}

class S3Store implements ObjectStore {
  readonly root: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #settings: S3Settings;
  /** The last one is used. The one before it, for the wrong region, may still have requests in progress. */
  readonly #clients: [S3Client, S3Client?];
  /** Why the bucket cannot be listed (null if it can), and the time of the check. */
  #diagnosis: { at: number; failure: Promise<ObjectStoreError | null> } | null = null;
  /** Whether the server lists a prefix in byte order, for prefixes with more than one page. */
  readonly #isInOrder = new Map<string, boolean>();

  constructor(bucket: string, prefix: string, settings: S3Settings) {
    this.root = `s3://${bucket}/${prefix}`;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#settings = settings;
    this.#clients = [openS3Client(settings)];
  }

  uri(key: string): string {
    return this.root + key;
  }

  async put(key: string, bytes: Uint8Array, contentType?: string, signal?: AbortSignal): Promise<void> {
    await this.#call({ key, signal }, () => this.#send(this.#putCommand(key, bytes, contentType), signal));
  }

  async putOnce(
    key: string,
    bytes: Uint8Array,
    contentType?: string,
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'> {
    return this.#call({ key, signal }, async () => {
      for (let attempt = 1; ; attempt++)
        try {
          await this.#send(this.#putCommand(key, bytes, contentType, '*'), signal);
          return 'created';
        } catch (error) {
          if (statusOf(error) === 412) return 'exists';
          // Amazon returns 409 while another upload of the same key is in progress.
          if (statusOf(error) !== 409 || attempt === ATTEMPTS) throw error;
        }
    });
  }

  /** S3 uploads cannot be prepared and discarded, so the whole upload happens in `putOnce`. */
  draft(key: string, bytes: Uint8Array): Draft {
    return {
      putOnce: (contentType, signal) => this.putOnce(key, bytes, contentType, signal),
      discard: async () => {},
    };
  }

  async get(key: string, { byteSize, signal }: GetOptions = {}): Promise<Buffer> {
    const { raw, encoding } = await this.#call({ key, signal, reads: true }, async () => {
      for (let attempt = 1; ; attempt++) {
        const { Body, ContentEncoding } = await this.#client.send(
          new GetObjectCommand({ ...this.#addressOf(key), ...this.#payer() }),
          { abortSignal: signal },
        );
        if (!Body)
          throw new ObjectStoreError(
            'OTHER',
            `The response from S3 does not contain the bytes of ${this.uri(key)}. Try again.`,
          );
        try {
          const bytes = await Body.transformToByteArray();
          return {
            raw: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
            encoding: ContentEncoding,
          };
        } catch (error) {
          if (attempt === ATTEMPTS) throw error; // the SDK itself retries only until the first byte
        }
      }
    });
    const bytes = await this.#decode(key, raw, encoding);
    // A listing gives the stored size. With compression in between, the raw and the decoded size may differ.
    if (byteSize !== undefined && raw.length !== byteSize && bytes.length !== byteSize)
      throw new ObjectStoreError(
        'UNREADABLE',
        `${this.uri(key)} has ${raw.length} bytes, but is listed with ${byteSize}. It was truncated in transit or has been ` +
          `replaced. Try again.`,
      );
    return bytes;
  }

  /** A bucket with versions needs the permissions s3:ListBucketVersions and s3:DeleteObjectVersion too. */
  async delete(key: string, signal?: AbortSignal): Promise<void> {
    await this.#call({ key, signal }, async () => {
      const remove = (VersionId?: string) =>
        this.#client.send(new DeleteObjectCommand({ ...this.#addressOf(key), ...this.#payer(), VersionId }), {
          abortSignal: signal,
        });
      const { VersionId } = await remove();
      if (VersionId === undefined) return;
      // The bucket keeps versions: the request has only added a marker that hides them.
      for (const version of await this.#versionsOf(key, signal)) await remove(version);
    });
    if ((await this.stat(key, signal)) === null) return;
    throw new ObjectStoreError(
      'OTHER',
      `${this.uri(key)} is still there although S3 has deleted it. Try again.`,
    );
  }

  async #versionsOf(key: string, signal?: AbortSignal): Promise<string[]> {
    const { Bucket, Key } = this.#addressOf(key);
    const ids: string[] = [];
    let next: { KeyMarker?: string; VersionIdMarker?: string } | null = {};
    while (next) {
      const page: ListObjectVersionsCommandOutput = await this.#client.send(
        new ListObjectVersionsCommand({ Bucket, Prefix: Key, ...next, ...this.#payer() }),
        { abortSignal: signal },
      );
      const all = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      ids.push(...all.flatMap((version) => (version.Key === Key && version.VersionId) || []));
      next = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : null;
    }
    return ids;
  }

  /** Compares the ETag, which is the MD5 of most objects. For others (encrypted with KMS, uploaded in parts) it reads the bytes. */
  async holds(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<boolean> {
    const found = await this.stat(key, signal);
    if (found?.byteSize !== bytes.byteLength) return false;
    if (found.etag === `"${createHash('md5').update(bytes).digest('hex')}"`) return true;
    return (await this.get(key, { signal })).equals(bytes);
  }

  surelyLacks(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async stat(key: string, signal?: AbortSignal): Promise<StoredObject | null> {
    return this.#call({ key, signal }, async () => {
      try {
        const { ContentLength = 0, ETag = '' } = await this.#client.send(
          new HeadObjectCommand({ ...this.#addressOf(key), ...this.#payer() }),
          { abortSignal: signal },
        );
        return { key, byteSize: ContentLength, etag: ETag };
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }

  /**
   * Includes the empty objects with keys that end in '/', which some tools create to represent folders, except that of the prefix.
   * Amazon's directory buckets and some other servers do not list in byte order. So a listing longer than a page is checked first,
   * and only a listing that is not in byte order is sorted in memory.
   */
  async *list(prefix: string): AsyncIterable<StoredObject> {
    const first = await this.#page(prefix);
    if (first.next === undefined) return yield* sorted(first.objects);
    if (!this.#isInOrder.has(prefix)) this.#isInOrder.set(prefix, await isSorted(this.#pages(prefix, first)));
    if (this.#isInOrder.get(prefix)) {
      yield* withoutRepeats(this.#pages(prefix, first));
    } else {
      const all: StoredObject[] = [];
      for await (const object of this.#pages(prefix, first)) all.push(object);
      yield* sorted(all);
    }
  }

  async probeReading(): Promise<void> {
    await this.#call({ key: '' }, () => this.#checkListing());
  }

  async probe(signal?: AbortSignal): Promise<void> {
    const { key, bytes } = PROBE;
    if ((await this.putOnce(key, bytes, 'text/plain', signal)) === 'created') return;
    if ((await this.get(key, { signal })).equals(bytes)) return;
    throw new ObjectStoreError(
      'OTHER',
      `${this.uri(key)} does not have the bytes that Cytograph stored. Remove it.`,
    );
  }

  close(): void {
    for (const client of this.#clients) client?.destroy();
  }

  get #client(): S3Client {
    return this.#clients[1] ?? this.#clients[0];
  }

  #addressOf(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  #payer(pays = this.#settings.requesterPays): { RequestPayer?: 'requester' } {
    return pays ? { RequestPayer: 'requester' } : {};
  }

  #putCommand(key: string, bytes: Uint8Array, contentType?: string, ifNoneMatch?: '*'): PutObjectCommand {
    return new PutObjectCommand({
      ...this.#addressOf(key),
      ...this.#payer(),
      Body: bytes,
      ContentLength: bytes.byteLength,
      ContentType: contentType,
      IfNoneMatch: ifNoneMatch,
    });
  }

  /** Sends an upload. It succeeded only if the response has an ETag: a proxy may also return status 200. */
  async #send(command: PutObjectCommand, signal?: AbortSignal): Promise<void> {
    const { ETag, $metadata } = await this.#client.send(command, { abortSignal: signal });
    if (!ETag) throw new NotS3Error($metadata.httpStatusCode ?? 200, '');
  }

  async #page(prefix: string, position?: string): Promise<Page> {
    const page = await this.#call({ key: prefix }, async () => {
      const answer = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#prefix + prefix,
          ContinuationToken: position,
          ...this.#payer(),
        }),
      );
      const { Name, IsTruncated, KeyCount, $metadata } = answer;
      if (Name === undefined && IsTruncated === undefined && KeyCount === undefined)
        throw new NotS3Error($metadata.httpStatusCode ?? 200, '');
      return answer;
    });
    const objects = (page.Contents ?? [])
      .filter(({ Key = '' }) => Key !== this.#prefix) // the empty object that represents the prefix itself
      .map(({ Key = '', Size = 0, ETag = '' }) => ({
        key: Key.slice(this.#prefix.length),
        byteSize: Size,
        etag: ETag,
      }));
    return { objects, next: page.NextContinuationToken };
  }

  async *#pages(prefix: string, first: Page): AsyncGenerator<StoredObject> {
    yield* first.objects;
    for (let { next } = first; next !== undefined;) {
      const page = await this.#page(prefix, next);
      yield* page.objects;
      next = page.next;
    }
  }

  async #decode(key: string, raw: Buffer, encoding: string | undefined): Promise<Buffer> {
    const decompress = DECOMPRESSORS[encoding?.trim().toLowerCase() ?? ''];
    if (!decompress) return raw;
    return decompress(raw, { maxOutputLength: LARGEST_DECOMPRESSED }).catch((error: unknown) => {
      const message = `${this.uri(key)} is marked as compressed (${encoding}) and cannot be decompressed. Upload it again.`;
      throw new ObjectStoreError('UNREADABLE', message, { cause: error });
    });
  }

  /** @throws ObjectStoreError, or the signal's reason if it has aborted */
  async #call<T>(
    { key, signal, reads = false }: { key: string; signal?: AbortSignal; reads?: boolean },
    request: () => Promise<T>,
  ): Promise<T> {
    try {
      return await request().catch((error: unknown) => this.#inItsRegion(error, request));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ObjectStoreError) throw error;
      throw await this.#explain(error, key, reads);
    }
  }

  /** Resends a request that was refused because the bucket is in another region than the settings say. */
  async #inItsRegion<T>(error: unknown, request: () => Promise<T>): Promise<T> {
    const region = regionOfBucket(error);
    if (region === null) throw error;
    this.#clients[1] ??= openS3Client(this.#settings, region);
    return request();
  }

  async #explain(error: unknown, key: string, reads: boolean): Promise<ObjectStoreError> {
    const region = await regionOf(this.#settings);
    const request = {
      bucket: this.#bucket,
      region,
      host: this.#settings.endpoint ?? `Amazon S3 (${region})`,
      uri: this.uri(key),
      reads,
    };
    if (!isDenied(error) && !isUnnamed(error)) return explainS3Failure(error, request);
    const wider = await this.#whyNotListed(request);
    return wider ?? explainS3Failure(error, request);
  }

  /** Why access to the whole bucket is denied; null if it can be listed, so that only one object is denied. */
  async #whyNotListed(request: Parameters<typeof explainS3Failure>[1]): Promise<ObjectStoreError | null> {
    if (!this.#diagnosis || performance.now() - this.#diagnosis.at > DIAGNOSIS_LASTS_MS) {
      const failure = this.#checkListing().then(
        () => null,
        async (error: unknown) => {
          const paying = isDenied(error) && !this.#settings.requesterPays;
          const couldPay =
            paying &&
            (await this.#checkListing(true).then(
              () => true,
              () => false,
            )); // costs a negligible amount
          return couldPay
            ? requesterPays(request, error)
            : explainS3Failure(error, { ...request, uri: this.root, reads: false });
        },
      );
      this.#diagnosis = { at: performance.now(), failure };
    }
    return this.#diagnosis.failure;
  }

  async #checkListing(pays?: boolean): Promise<void> {
    const input = { Bucket: this.#bucket, Prefix: this.#prefix, MaxKeys: 1, ...this.#payer(pays) };
    const { Name, IsTruncated, KeyCount, $metadata } = await this.#client.send(
      new ListObjectsV2Command(input),
    );
    if (Name === undefined && IsTruncated === undefined && KeyCount === undefined)
      throw new NotS3Error($metadata.httpStatusCode ?? 200, '');
  }
}

const DECOMPRESSORS: Record<
  string,
  (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>
> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

// ---- the order of listings ------------------------------------------------------------------------------------------

function compareKeys(one: StoredObject, other: StoredObject): number {
  return Buffer.compare(Buffer.from(one.key), Buffer.from(other.key));
}

/** In byte order of the keys, each once. */
function sorted(objects: StoredObject[]): StoredObject[] {
  return objects.sort(compareKeys).filter(({ key }, i) => key !== objects[i - 1]?.key);
}

async function isSorted(objects: AsyncIterable<StoredObject>): Promise<boolean> {
  let last: StoredObject | null = null;
  for await (const object of objects) {
    if (last && compareKeys(last, object) > 0) return false;
    last = object;
  }
  return true;
}

async function* withoutRepeats(objects: AsyncIterable<StoredObject>): AsyncGenerator<StoredObject> {
  let last: string | null = null;
  for await (const object of objects) {
    if (object.key !== last) yield object;
    last = object.key;
  }
}
