import { z } from 'zod';
import { ObjectStoreError, type ObjectStoreFailure } from './object-store.js';

/** The details of an S3 request, for error messages. */
export interface S3Request {
  bucket: string;
  /** The region of the settings or the profile. */
  region: string;
  /** The server: `Amazon S3 (eu-central-1)` or the address of another server. */
  host: string;
  /** Address of the object or prefix. */
  uri: string;
  /** Whether the request reads one object. */
  reads: boolean;
}

/** Thrown for a response that is not from S3: the web page of a proxy, a firewall or a network's sign-in. */
export class NotS3Error extends Error {
  override readonly name = 'NotS3Error';
  /** Makes the SDK retry: a proxy answers 502, 503 or 504 while S3 is briefly unreachable. */
  readonly $retryable?: { throttling: boolean };

  /** @param page a short quotation of the page; '' if unknown */
  constructor(
    readonly status: number,
    readonly page: string,
  ) {
    super(`HTTP ${status}: ${page}`);
    if (status >= 500) this.$retryable = { throttling: false };
  }
}

type Explanation = [ObjectStoreFailure, string];

/** Converts an error of the SDK to one that names the cause and says what to do. */
export function explainS3Failure(error: unknown, request: S3Request): ObjectStoreError {
  const [reason, message] =
    explainForeignResponse(error, request) ??
    explanations[codeOf(error)]?.(request, error) ??
    explainByKind(error, request);
  return new ObjectStoreError(reason, message, { cause: error });
}

/** The error for a requester-pays bucket, which can only be read by accounts that pay for their requests. */
export function requesterPays({ uri }: S3Request, error: unknown): ObjectStoreError {
  return new ObjectStoreError(
    'ACCESS_DENIED',
    `${uri} is in a requester-pays bucket: Amazon charges the reader's account for the requests and the transfer. ` +
      `To accept that, set S3_REQUESTER_PAYS=true.`,
    { cause: error },
  );
}

/** Whether S3 denied access, which may have several causes. */
export function isDenied(error: unknown): boolean {
  return codeOf(error) === 'AccessDenied' || (isUnnamed(error) && statusOf(error) === 403);
}

/** Whether the response had no body that names the cause, as with every response to a HEAD request. */
export function isUnnamed(error: unknown): boolean {
  if (error instanceof NotS3Error) return error.page === '';
  const status = statusOf(error);
  const code = codeOf(error);
  return (
    status !== null &&
    status >= 300 &&
    ['unknown', 'unknownerror', 'error', 'forbidden', 'badrequest', String(status)].includes(
      code.toLowerCase(),
    )
  );
}

/** The bucket's region, if S3 refused the request because it was sent to another region; otherwise null. */
export function regionOfBucket(error: unknown): string | null {
  if (!WRONG_REGION.has(codeOf(error)) && statusOf(error) !== 301) return null;
  const { $response, Region, message = '' } = failureSchema.parse(error);
  const expected = /expecting '([a-z0-9-]+)'/.exec(message)?.[1];
  return $response?.headers?.['x-amz-bucket-region'] ?? Region ?? expected ?? null;
}

/** The HTTP status of the response; null if there was none. */
export function statusOf(error: unknown): number | null {
  return failureSchema.parse(error).$metadata?.httpStatusCode ?? null;
}

// ---- by the error code of S3 or the SDK -----------------------------------------------------------------------------

const WRONG_REGION = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'IncorrectEndpoint',
]);

const noSuchBucket = ({ host, bucket }: S3Request): Explanation => [
  'NO_SUCH_BUCKET',
  `${host} has no bucket '${bucket}'. Check the name, S3_ENDPOINT and AWS_REGION, or create the bucket.`,
];

const expired = ({ host }: S3Request): Explanation => [
  'ACCESS_DENIED',
  `The temporary credentials for ${host} have expired. Get new ones: sign in again (such as with 'aws sso login'), or set ` +
    `AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to new values.`,
];

const invalidToken = ({ host }: S3Request): Explanation => [
  'ACCESS_DENIED',
  `${host} does not accept the session token in AWS_SESSION_TOKEN. A session token belongs to one pair of temporary keys. Set all three ` +
    `variables to values that were issued together, or remove the token if the keys are permanent.`,
];

const wrongRegion = (request: S3Request, error: unknown): Explanation => {
  const region = regionOfBucket(error);
  const remedy = region ? `Set AWS_REGION=${region}` : 'Set AWS_REGION to the region of the bucket';
  return [
    'OTHER',
    `The bucket '${request.bucket}' is not in the region '${request.region}'${region ? ` but in '${region}'` : ''}. ` +
      `${remedy}, and S3_ENDPOINT, if it is set, to the address that belongs to it.`,
  ];
};

const busy = ({ host }: S3Request, error: unknown): Explanation => [
  'UNREACHABLE',
  `${host} rejects requests because it is overloaded or under maintenance (${codeOf(error)}). Try again later.`,
];

const full = ({ host, bucket }: S3Request, error: unknown): Explanation => [
  'FULL',
  `${host} has no space left for the bucket '${bucket}' (${codeOf(error)}). Free some space, or raise its quota.`,
];

const archived = ({ uri }: S3Request, error: unknown): Explanation => {
  const { StorageClass, AccessTier } = failureSchema.parse(error);
  const where = [StorageClass, AccessTier].filter(Boolean).join(', ') || 'GLACIER or another archive class';
  return [
    'UNREADABLE',
    `${uri} is archived (${where}) and cannot be read. Restore it in S3, which takes hours, then try again.`,
  ];
};

const keyOfEncryption = ({ uri }: S3Request, error: unknown): Explanation => [
  'UNREADABLE',
  `${uri} is encrypted with a key (KMS) that these credentials may not use or that is disabled: ${messageOf(error)} ` +
    `Give them the permission kms:Decrypt for that key.`,
];

const untrusted = ({ host }: S3Request, error: unknown): Explanation => [
  'UNREACHABLE',
  `The certificate of ${host} is not trusted (${codeOf(error)}). If it is issued by a private certificate authority, set ` +
    `AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS to the file with that authority's certificate, and restart.`,
];

const noTls = ({ host }: S3Request, error: unknown): Explanation => [
  'UNREACHABLE',
  `${host} does not answer with TLS (${codeOf(error)}). If the server speaks plain HTTP, write http:// in S3_ENDPOINT.`,
];

const explanations: Record<string, (request: S3Request, error: unknown) => Explanation> = {
  NoSuchKey: ({ uri }) => ['NOT_FOUND', `There is no object ${uri}.`],
  NotFound: ({ uri }) => ['NOT_FOUND', `There is no object ${uri}.`],
  NoSuchBucket: noSuchBucket,
  InvalidBucketName: noSuchBucket,

  CredentialsProviderError: ({ host }, error) => [
    'NO_CREDENTIALS',
    /sso/i.test(messageOf(error))
      ? `The sign-in (SSO) of the AWS profile is missing or has expired. Run 'aws sso login'.`
      : `There are no credentials for ${host}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
  ],
  TokenProviderError: () => [
    'NO_CREDENTIALS',
    `The sign-in (SSO) of the AWS profile is missing or has expired. Run 'aws sso login'.`,
  ],
  InvalidAccessKeyId: ({ host }) => [
    'ACCESS_DENIED',
    `${host} does not know the key in AWS_ACCESS_KEY_ID. Check it, and AWS_SESSION_TOKEN if the key is temporary.`,
  ],
  SignatureDoesNotMatch: ({ host }) => [
    'ACCESS_DENIED',
    `The secret in AWS_SECRET_ACCESS_KEY does not belong to the key in AWS_ACCESS_KEY_ID for ${host}. Check both.`,
  ],
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  InvalidToken: invalidToken,
  InvalidClientTokenId: invalidToken,
  RequestTimeTooSkewed: ({ host }) => [
    'ACCESS_DENIED',
    `This machine's clock differs too much from that of ${host}. Correct it, for example by enabling NTP.`,
  ],
  AllAccessDisabled: ({ bucket }) => [
    'ACCESS_DENIED',
    `Amazon has disabled all access to the bucket '${bucket}'. Contact the bucket's owner.`,
  ],
  AccountProblem: () => ['ACCESS_DENIED', 'There is a problem with this AWS account. Contact AWS support.'],

  PermanentRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  IncorrectEndpoint: wrongRegion,

  InvalidObjectState: archived,
  ObjectNotInActiveTierError: archived,
  InvalidRequest: (request, error) =>
    /server side encryption/i.test(messageOf(error))
      ? [
          'UNREADABLE',
          `${request.uri} is encrypted with a customer-provided key (SSE-C), which Cytograph does not support. ` +
            `Copy it without that encryption.`,
        ]
      : explainByKind(error, request),

  SlowDown: busy,
  ServiceUnavailable: busy,
  InternalError: busy,
  TooManyRequests: busy,
  Throttling: busy,
  ThrottlingException: busy,
  RequestTimeout: busy,
  QuotaExceeded: full,
  XMinioStorageFull: full,
  InsufficientStorage: full,

  NotImplemented: ({ host, uri }) => [
    'OTHER',
    `${host} does not support an operation that Cytograph needs at ${uri}. It needs ListObjectsV2, GetObject, HeadObject, and PutObject ` +
      `with If-None-Match.`,
  ],

  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_UNTRUSTED: untrusted,
  CERT_HAS_EXPIRED: ({ host }) => [
    'UNREACHABLE',
    `The certificate of ${host} has expired. Renew it on the server, and check this machine's clock.`,
  ],
  CERT_NOT_YET_VALID: ({ host }) => [
    'UNREACHABLE',
    `The certificate of ${host} is not valid yet. Check this machine's clock.`,
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: ({ host }) => [
    'UNREACHABLE',
    `The certificate of ${host} is for another host name. Set S3_ENDPOINT to the host name of the certificate.`,
  ],
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
};

// ---- by the kind of response ----------------------------------------------------------------------------------------

function explainForeignResponse(error: unknown, { host }: S3Request): Explanation | null {
  if (!(error instanceof NotS3Error)) return null;
  const response = `HTTP status ${error.status}${error.page ? `: "${error.page}"` : ''}`;
  if (error.status >= 500 && error.status !== 511)
    return [
      'UNREACHABLE',
      `A proxy in front of ${host} cannot reach the server (${response}). Try again later.`,
    ];
  return [
    'UNREACHABLE',
    `A web page was returned instead of a response from ${host} (${response}), probably by a proxy, a firewall or the network's ` +
      `sign-in page. Sign in to the network, allow requests to ${host}, or check S3_ENDPOINT.`,
  ];
}

const NETWORK_FAILURES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
];

function explainByKind(error: unknown, request: S3Request): Explanation {
  const { host, uri, reads } = request;
  const code = codeOf(error);
  const status = statusOf(error);
  const message = messageOf(error);
  if (code === 'TimeoutError')
    return ['UNREACHABLE', `${host} does not answer in time. Check S3_ENDPOINT, the network and the server.`];
  const networkFailure = NETWORK_FAILURES.find((failure) => code === failure || message.includes(failure));
  if (networkFailure !== undefined || isConnectionCut(message))
    return [
      'UNREACHABLE',
      `${host} cannot be reached (${networkFailure ?? message}). Check S3_ENDPOINT and the network.`,
    ];
  if (code.startsWith('KMS.') || /\bkms:/i.test(message)) return keyOfEncryption(request, error);
  if (status === 301) return wrongRegion(request, error);
  if (status === 401 || status === 403)
    return [
      reads ? 'UNREADABLE' : 'ACCESS_DENIED',
      `These credentials do not give access to ${uri}. They need the permissions s3:ListBucket, s3:GetObject ` +
        `and, to store objects, s3:PutObject.`,
    ];
  if (status === 407)
    return [
      'UNREACHABLE',
      `A proxy in front of ${host} requires a sign-in (HTTP status 407). Configure the proxy to allow these requests.`,
    ];
  if (status === 507) return full(request, error);
  if (status === 429 || (status !== null && status >= 500)) return busy(request, error);
  return ['OTHER', `${host} failed at ${uri}: ${code}, ${message}`];
}

function isConnectionCut(message: string): boolean {
  return message === 'aborted' || message === 'socket hang up' || message === 'Premature close';
}

/** The error code of S3, or of the network. */
function codeOf(error: unknown): string {
  const { code, name } = failureSchema.parse(error);
  return code ?? name ?? 'unknown';
}

function messageOf(error: unknown): string {
  return failureSchema.parse(error).message ?? String(error);
}

const text = z.string().optional().catch(undefined);

/** The fields used from errors that the SDK throws, which are not all instances of the SDK's error classes. */
const failureSchema = z
  .object({
    code: text,
    name: text,
    message: text,
    Region: text,
    StorageClass: text,
    AccessTier: text,
    $metadata: z.object({ httpStatusCode: z.number().optional() }).optional().catch(undefined),
    $response: z
      .object({ headers: z.record(z.string(), z.string()).optional() })
      .optional()
      .catch(undefined),
  })
  .catch({});
