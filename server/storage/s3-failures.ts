import { z } from 'zod';
import { ObjectStoreError, type ObjectStoreFailure } from './object-store.js';

/** What a request to S3 was about: what its error messages name. */
export interface S3Request {
  bucket: string;
  /** The region that the settings or the profile say. */
  region: string;
  /** `Amazon S3 (eu-central-1)` or the address of another server. */
  host: string;
  /** Address of the object or prefix. */
  uri: string;
  /** Whether it reads one object. */
  reads: boolean;
}

/** Thrown in place of an answer that is not S3's: the web page of a proxy, a firewall or a network's sign-in. */
export class NotS3Error extends Error {
  override readonly name = 'NotS3Error';
  /** Whether the SDK may try again: what stands before S3 answers 502, 503 or 504 where S3 cannot be reached for a moment. */
  readonly $retryable?: { throttling: boolean };

  /** @param page what the page says, in a few words; '' where nothing is known */
  constructor(
    readonly status: number,
    readonly page: string,
  ) {
    super(`HTTP ${status}: ${page}`);
    if (status >= 500) this.$retryable = { throttling: false };
  }
}

type Explanation = [ObjectStoreFailure, string];

/** The error as one that names the cause and what would be right. */
export function explainS3Failure(error: unknown, request: S3Request): ObjectStoreError {
  const [reason, message] =
    explainAnswerOfAnother(error, request) ??
    explanations[codeOf(error)]?.(request, error) ??
    explainByKind(error, request);
  return new ObjectStoreError(reason, message, { cause: error });
}

/** The error of a bucket whose owner lets only those read who pay for their requests. */
export function requesterPays({ uri }: S3Request, error: unknown): ObjectStoreError {
  return new ObjectStoreError(
    'ACCESS_DENIED',
    `${uri} lies in a requester-pays bucket: whoever reads it pays Amazon for the requests and the transfer. ` +
      `To accept that, set S3_REQUESTER_PAYS=true.`,
    { cause: error },
  );
}

/** Whether S3 refused this request for want of rights, which may have several causes. */
export function isDenied(error: unknown): boolean {
  return codeOf(error) === 'AccessDenied' || (isUnnamed(error) && statusOf(error) === 403);
}

/** Whether the answer had no body that could name the cause, as every answer to a HEAD request. */
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

/** The region that S3 says the bucket is in, where it refused the request for being sent to another; null otherwise. */
export function regionOfBucket(error: unknown): string | null {
  if (!WRONG_REGION.has(codeOf(error)) && statusOf(error) !== 301) return null;
  const { $response, Region, message = '' } = failureSchema.parse(error);
  const expected = /expecting '([a-z0-9-]+)'/.exec(message)?.[1];
  return $response?.headers?.['x-amz-bucket-region'] ?? Region ?? expected ?? null;
}

/** The HTTP status of S3's answer, if there was one. */
export function statusOf(error: unknown): number | null {
  return failureSchema.parse(error).$metadata?.httpStatusCode ?? null;
}

// ---- by what S3 or the SDK calls it ---------------------------------------------------------------------------------

const WRONG_REGION = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'IncorrectEndpoint',
]);

const noSuchBucket = ({ host, bucket }: S3Request): Explanation => [
  'NO_SUCH_BUCKET',
  `${host} has no bucket '${bucket}'. Check the name, S3_ENDPOINT and AWS_REGION, or create it.`,
];

const expired = ({ host }: S3Request): Explanation => [
  'ACCESS_DENIED',
  `The temporary credentials for ${host} have expired. Get new ones: sign in again (such as with 'aws sso login'), or set ` +
    `AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to new values.`,
];

const invalidToken = ({ host }: S3Request): Explanation => [
  'ACCESS_DENIED',
  `${host} does not accept the session token in AWS_SESSION_TOKEN. It belongs to one pair of temporary keys: set all three ` +
    `to what was issued together, or remove the token if the keys are permanent.`,
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
  `${host} turns requests away because it is overloaded or being maintained (${codeOf(error)}). Try again later.`,
];

const full = ({ host, bucket }: S3Request, error: unknown): Explanation => [
  'FULL',
  `${host} has no space left for the bucket '${bucket}' (${codeOf(error)}). Free some, or raise its quota.`,
];

const archived = ({ uri }: S3Request, error: unknown): Explanation => {
  const { StorageClass, AccessTier } = failureSchema.parse(error);
  const where = [StorageClass, AccessTier].filter(Boolean).join(', ') || 'GLACIER or another archive class';
  return [
    'UNREADABLE',
    `${uri} is archived (${where}) and cannot be read as it is. Restore it in S3, which takes hours, and try again then.`,
  ];
};

const keyOfEncryption = ({ uri }: S3Request, error: unknown): Explanation => [
  'UNREADABLE',
  `${uri} is encrypted with a key (KMS) that these credentials may not use or that is disabled: ${messageOf(error)} ` +
    `They need the right kms:Decrypt for it.`,
];

const untrusted = ({ host }: S3Request, error: unknown): Explanation => [
  'UNREACHABLE',
  `The certificate of ${host} is not trusted (${codeOf(error)}). If it is issued by your own authority, set ` +
    `AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS to the file with that authority's certificate and start again.`,
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
    `This machine's clock differs too much from that of ${host}. Set it, such as by turning on NTP.`,
  ],
  AllAccessDisabled: ({ bucket }) => [
    'ACCESS_DENIED',
    `Amazon has disabled all access to the bucket '${bucket}'. Ask its owner.`,
  ],
  AccountProblem: () => ['ACCESS_DENIED', 'Amazon has a problem with this AWS account. Ask its support.'],

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
          `${request.uri} is encrypted with a key that its owner keeps (SSE-C), which Cytograph cannot use. ` +
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
    `${host} does not support what Cytograph needs at ${uri}. It needs ListObjectsV2, GetObject, HeadObject, and PutObject ` +
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
    `The certificate of ${host} has expired. Renew it there, and check this machine's clock.`,
  ],
  CERT_NOT_YET_VALID: ({ host }) => [
    'UNREACHABLE',
    `The certificate of ${host} is not valid yet. Check this machine's clock.`,
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: ({ host }) => [
    'UNREACHABLE',
    `The certificate of ${host} is for another host name. Write in S3_ENDPOINT the name that it is for.`,
  ],
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
};

// ---- by what kind of answer it is -----------------------------------------------------------------------------------

function explainAnswerOfAnother(error: unknown, { host }: S3Request): Explanation | null {
  if (!(error instanceof NotS3Error)) return null;
  const said = `HTTP status ${error.status}${error.page ? `: "${error.page}"` : ''}`;
  if (error.status >= 500 && error.status !== 511)
    return [
      'UNREACHABLE',
      `A proxy in front of ${host} answers in its place (${said}): it cannot reach the server behind it. Try again later.`,
    ];
  return [
    'UNREACHABLE',
    `Something else answers in place of ${host} with a web page (${said}): a proxy, a firewall or the sign-in page of the ` +
      `network. Sign in there, have requests to ${host} let through, or check S3_ENDPOINT.`,
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
      `These credentials do not give access to ${uri}. They need the rights s3:ListBucket, s3:GetObject ` +
        `and, to store something, s3:PutObject.`,
    ];
  if (status === 407)
    return [
      'UNREACHABLE',
      `A proxy in front of ${host} asks for a sign-in (HTTP status 407). Have it let these requests through.`,
    ];
  if (status === 507) return full(request, error);
  if (status === 429 || (status !== null && status >= 500)) return busy(request, error);
  return ['OTHER', `${host} failed at ${uri}: ${code}, ${message}`];
}

function isConnectionCut(message: string): boolean {
  return message === 'aborted' || message === 'socket hang up' || message === 'Premature close';
}

/** S3's word for what went wrong, or that of the network underneath. */
function codeOf(error: unknown): string {
  const { code, name } = failureSchema.parse(error);
  return code ?? name ?? 'unknown';
}

function messageOf(error: unknown): string {
  return failureSchema.parse(error).message ?? String(error);
}

const text = z.string().optional().catch(undefined);

/** What the SDK throws, of which not all is an Error of its own. */
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
