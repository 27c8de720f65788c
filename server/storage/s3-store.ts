import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { S3Settings } from '../config.js';
import {
  type Draft,
  type ObjectStore,
  ObjectStoreError,
  type ObjectStoreFailure,
  type StoredObject,
} from './object-store.js';

const ATTEMPTS = 4;

/**
 * The objects of an S3 bucket whose keys begin with `prefix` (taken as a folder: 'a/b' and 'a/b/' are the same; '' is the
 * whole bucket). Settings without credentials leave it to the AWS SDK to find some. Nothing is asked of S3 before the
 * first call.
 */
export function openS3Store(bucket: string, prefix: string, settings: S3Settings): ObjectStore {
  return new S3Store(bucket, prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`, settings);
}

class S3Store implements ObjectStore {
  readonly root: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #settings: S3Settings;
  readonly #client: S3Client;

  constructor(bucket: string, prefix: string, settings: S3Settings) {
    this.root = `s3://${bucket}/${prefix}`;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#settings = settings;
    // The SDK would print a page on the Node versions of its future; the version here is pinned and works with this one.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    this.#client = new S3Client({
      region: settings.region,
      ...(settings.credentials && { credentials: settings.credentials }),
      // A server of one's own seldom has a host name for each bucket.
      ...(settings.endpoint && { endpoint: settings.endpoint, forcePathStyle: true }),
      // Amazon's newer default checksums break other servers; what matters here is verified by SHA-256 anyway.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: 5000, requestTimeout: 60_000, throwOnRequestTimeout: true },
    });
  }

  uri(key: string): string {
    return this.root + key;
  }

  async put(key: string, bytes: Uint8Array, contentType?: string): Promise<void> {
    await this.#call(key, () => this.#client.send(this.#putCommand(key, bytes, contentType)));
  }

  async putOnce(key: string, bytes: Uint8Array, contentType?: string): Promise<'created' | 'exists'> {
    return this.#call(key, async () => {
      for (let attempt = 1; ; attempt++)
        try {
          await this.#client.send(this.#putCommand(key, bytes, contentType, '*'));
          return 'created';
        } catch (error) {
          if (statusOf(error) === 412) return 'exists';
          // Amazon answers so while another upload of the same key is under way.
          if (statusOf(error) !== 409 || attempt === ATTEMPTS) throw error;
        }
    });
  }

  /** S3 has no upload that can be taken back, and shows none before it is whole: all of it is done at the end. */
  draft(key: string, bytes: Uint8Array): Draft {
    return {
      putOnce: (contentType) => this.putOnce(key, bytes, contentType),
      discard: async () => {},
    };
  }

  async get(key: string): Promise<Buffer> {
    return this.#call(key, async () => {
      for (let attempt = 1; ; attempt++) {
        const { Body } = await this.#client.send(new GetObjectCommand(this.#addressOf(key)));
        if (!Body) throw new ObjectStoreError('OTHER', `S3 answered without the bytes of ${this.uri(key)}.`);
        try {
          const bytes = await Body.transformToByteArray();
          return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        } catch (error) {
          if (attempt === ATTEMPTS) throw error; // the SDK tries again by itself only until the first byte
        }
      }
    });
  }

  async stat(key: string): Promise<StoredObject | null> {
    return this.#call(key, async () => {
      try {
        const { ContentLength = 0, ETag = '' } = await this.#client.send(
          new HeadObjectCommand(this.#addressOf(key)),
        );
        return { key, byteSize: ContentLength, etag: ETag };
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }

  /** Without the empty objects whose keys end with '/', which some tools make to stand for folders. */
  async *list(prefix: string): AsyncIterable<StoredObject> {
    let position: string | undefined;
    do {
      const page = await this.#call(prefix, () =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: this.#prefix + prefix,
            ContinuationToken: position,
          }),
        ),
      );
      for (const { Key = '', Size = 0, ETag = '' } of page.Contents ?? [])
        if (Size > 0 || !Key.endsWith('/'))
          yield { key: Key.slice(this.#prefix.length), byteSize: Size, etag: ETag };
      position = page.NextContinuationToken;
    } while (position);
  }

  async probe(): Promise<void> {
    await this.#call('', () =>
      this.#client.send(new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: this.#prefix, MaxKeys: 1 })),
    );
  }

  close(): void {
    this.#client.destroy();
  }

  #addressOf(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  #putCommand(key: string, bytes: Uint8Array, contentType?: string, ifNoneMatch?: '*'): PutObjectCommand {
    return new PutObjectCommand({
      ...this.#addressOf(key),
      Body: bytes,
      ContentLength: bytes.byteLength,
      ContentType: contentType,
      IfNoneMatch: ifNoneMatch,
    });
  }

  async #call<T>(key: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw error instanceof ObjectStoreError ? error : this.#explain(error, key);
    }
  }

  #explain(error: unknown, key: string): ObjectStoreError {
    const code = codeOf(error);
    const host = this.#settings.endpoint ?? `Amazon S3 (${this.#settings.region})`;
    const failure = (reason: ObjectStoreFailure, message: string) =>
      new ObjectStoreError(reason, message, { cause: error });
    switch (code) {
      case 'NoSuchKey':
      case 'NotFound':
        return failure('NOT_FOUND', `There is no object ${this.uri(key)}.`);
      case 'NoSuchBucket':
      case 'InvalidBucketName':
        return failure(
          'NO_SUCH_BUCKET',
          `${host} has no bucket '${this.#bucket}'. Check the name, S3_ENDPOINT and AWS_REGION, or create it.`,
        );
      case 'CredentialsProviderError':
        return failure(
          'NO_CREDENTIALS',
          `There are no credentials for ${host}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
        );
      case 'InvalidAccessKeyId':
        return failure('ACCESS_DENIED', `${host} does not know the key in AWS_ACCESS_KEY_ID. Check it.`);
      case 'SignatureDoesNotMatch':
        return failure(
          'ACCESS_DENIED',
          `The secret in AWS_SECRET_ACCESS_KEY does not belong to the key in AWS_ACCESS_KEY_ID for ${host}. Check both.`,
        );
      case 'ExpiredToken':
      case 'InvalidToken':
        return failure('ACCESS_DENIED', `The credentials for ${host} have expired. Get new ones.`);
      case 'RequestTimeTooSkewed':
        return failure(
          'ACCESS_DENIED',
          `This machine's clock differs too much from that of ${host}. Set it.`,
        );
      case 'PermanentRedirect':
      case 'AuthorizationHeaderMalformed':
        return failure(
          'OTHER',
          `The bucket '${this.#bucket}' is not in the region '${this.#settings.region}'. Set AWS_REGION to its own.`,
        );
    }
    if (isNetworkFailure(code))
      return failure(
        'UNREACHABLE',
        `${host} cannot be reached (${code}). Check S3_ENDPOINT and the network.`,
      );
    if (statusOf(error) === 401 || statusOf(error) === 403)
      return failure(
        'ACCESS_DENIED',
        `These credentials do not give access to ${this.uri(key)}. They need the rights s3:ListBucket, s3:GetObject ` +
          `and, to store something, s3:PutObject.`,
      );
    return failure('OTHER', `${host} failed at ${this.uri(key)}: ${code}, ${messageOf(error)}`);
  }
}

function isNetworkFailure(code: string): boolean {
  return (
    code === 'TimeoutError' ||
    [
      'ECONNREFUSED',
      'ECONNRESET',
      'ENOTFOUND',
      'EAI_AGAIN',
      'ETIMEDOUT',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'EPIPE',
    ].includes(code)
  );
}

/** S3's word for what went wrong, or that of the network underneath. */
function codeOf(error: unknown): string {
  const { code, name } = failureSchema.parse(error);
  return code ?? name ?? 'unknown';
}

function messageOf(error: unknown): string {
  return failureSchema.parse(error).message ?? String(error);
}

/** The HTTP status of S3's answer, if there was one. */
function statusOf(error: unknown): number | null {
  return failureSchema.parse(error).$metadata?.httpStatusCode ?? null;
}

/** What the SDK throws, of which not all is an Error of its own. */
const failureSchema = z
  .object({
    code: z.string().optional().catch(undefined),
    name: z.string().optional(),
    message: z.string().optional(),
    $metadata: z.object({ httpStatusCode: z.number().optional() }).optional().catch(undefined),
  })
  .catch({});
