import { existsSync, readFileSync } from 'node:fs';
import { isIP, isIPv4 } from 'node:net';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { groupMappingSetting, type IdentityProviderSettings } from './identity-provider-settings.js';
import { passwordFault } from './password-rules.js';
import { type PromotionPolicy, promotionPolicySetting } from './promotion-policy.js';

// Every setting of the server and the worker, with type, default and meaning. They are read from the environment and the file
// `.env`. `.env.example` documents them; a test checks that it matches this file. An empty value counts as not set.

const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d+$/, `is not a whole number ${range}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `is not a whole number ${range}`);
};

const urlOf = (protocols: string[], example: string) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `is not an address such as ${example}`,
    );

const s3Endpoint = urlOf(['http:', 'https:'], 'http://127.0.0.1:9000').optional();

const trueOrFalse = z
  .string()
  .transform((value) => value.toLowerCase())
  .pipe(z.enum(['true', 'false'], { error: 'is neither true nor false' }))
  .transform((value) => value === 'true');

function isFileOfCertificates(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').includes('-----BEGIN CERTIFICATE-----');
  } catch {
    return false;
  }
}

const KEY_PATTERN = /^[A-Za-z0-9+/]{43}=$/;

/** AES-256 keys in base64, separated by commas or white space. */
const encryptionKeys = z.string().transform((text, context) => {
  const keys = text.split(/[\s,]+/).filter(Boolean);
  if (keys.length > 0 && keys.every((key) => KEY_PATTERN.test(key)) && new Set(keys).size === keys.length)
    return keys.map((key) => Buffer.from(key, 'base64'));
  context.addIssue({
    code: 'custom',
    message:
      'does not consist of different keys of 32 bytes in base64, such as `openssl rand -base64 32` makes',
  });
  return z.NEVER;
});

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function notReadable(context: z.RefinementCtx): never {
  context.addIssue({ code: 'custom', message: 'is not a file that this user may read' });
  return z.NEVER;
}

const awsRegion = z
  .string()
  .regex(/^[a-z0-9-]+$/, 'is not a region such as eu-central-1')
  .optional();

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
/** Parameters of DATABASE_URL that the driver or Postgres uses. */
const DATABASE_PARAMETERS = new Set([
  ...[
    'user',
    'password',
    'host',
    'port',
    'application_name',
    'fallback_application_name',
    'client_encoding',
    'options',
  ],
  ...['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation', 'uselibpqcompat'],
  ...['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'query_timeout', 'schema'],
]);

/** A Unix socket is written `postgresql://user@/database?host=/folder`. URL needs a host there, which is ignored. */
function withHost(url: string): string {
  return URL.canParse(url) ? url : url.replace('@/', '@localhost/');
}

/**
 * What is wrong with a Postgres address, as the end of a sentence that begins with the setting's name; null if it is valid.
 */
function databaseUrlFault(text: string): string | null {
  if (!URL.canParse(text) || !['postgres:', 'postgresql:'].includes(new URL(text).protocol))
    return (
      'is not an address such as postgresql://user:password@host:5432/database. In a user name or password, write ' +
      '@ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25'
    );
  const { username, password, searchParams } = new URL(text);
  if (/%(?![0-9a-f]{2})/i.test(username + password))
    return 'has a % in the user name or password that is not followed by two digits of a code: write it as %25';
  const schema = searchParams.get('schema') ?? 'public';
  if (schema !== 'public')
    return (
      `names the schema '${schema}'. Cytograph uses the schema 'public', and 'graphile_worker' for its jobs: give it a separate ` +
      `database instead, and leave schema out`
    );
  const sslMode = searchParams.get('sslmode') ?? 'disable';
  if (!SSL_MODES.includes(sslMode))
    return `has an unknown sslmode '${sslMode}'; there are ${SSL_MODES.join(', ')}`;
  return null;
}

const databaseUrl = z
  .string()
  .transform(withHost)
  .superRefine((value, context) => {
    const fault = databaseUrlFault(value);
    if (fault) context.addIssue({ code: 'custom', message: fault });
  })
  .optional();

/** The parameters of a Postgres address that have no effect here, such as those of other drivers. */
export function ignoredParameters(databaseUrl: string): string[] {
  const names = [...new URL(databaseUrl).searchParams.keys()];
  return [...new Set(names)].filter((name) => !DATABASE_PARAMETERS.has(name));
}

/** An IP address, a network ('10.0.0.0/8'), or a name that Express has for some networks. */
function isNetwork(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', length] = text.split(/\/(.*)/s);
  if (isIP(address) === 0) return false;
  return (
    length === undefined || (/^[1-9]\d*$/.test(length) && Number(length) <= (isIPv4(address) ? 32 : 128))
  );
}

/** 'bucket' or 'bucket/prefix', also if it is written as 's3://bucket/prefix/'. */
function bucketAndPrefix(entry: string): string {
  return entry
    .trim()
    .replace(/^s3:\/\//, '')
    .replace(/\/+$/, '');
}

/** 'host' or 'host:port', as they are in a URL. */
function isHost(entry: string): boolean {
  return URL.canParse(`https://${entry}`) && new URL(`https://${entry}`).host === entry.replace(/:443$/, '');
}

/** '' or a path such as '/parts/of/letters' that never needs escaping. */
function isBasePath(path: string): boolean {
  return /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/.test(path);
}

/** An address with HTTPS; plain HTTP only on this machine, as in tests. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username } = new URL(text);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return (protocol === 'https:' || (protocol === 'http:' && isLocal)) && !search && !hash && !username;
}

const emailAddress = z.email('is not an e-mail address').transform((email) => email.toLowerCase());

const DEFAULT_ADMIN_EMAIL = 'admin@cytograph.local';

const settings = z.object({
  /** TCP port of the HTTP server; 0 takes a free one. */
  PORT: wholeNumber(0, 65_535).default(4000),

  /** Address to listen on. Defaults to this machine only; `0.0.0.0` listens on all networks (in a container). */
  HOST: z.string().default('127.0.0.1'),

  /** Folder for all data: the embedded Postgres and the stored objects. */
  DATA_DIR: z.string().default('./data'),

  /**
   * Postgres 15 or newer, as the role of the server and the worker, which needs no rights to begin with. Not set: an embedded
   * Postgres in DATA_DIR.
   */
  DATABASE_URL: databaseUrl,

  /**
   * The same database as the owner of its tables, who migrates them and grants the role of DATABASE_URL its rights. Not set: the
   * role of DATABASE_URL migrates, if it is the owner.
   */
  MIGRATION_DATABASE_URL: databaseUrl,

  /** Where images and models are stored: `file:FOLDER` or `s3://BUCKET/PREFIX`. Not set: the folder `objects` in DATA_DIR. */
  OBJECT_STORE: z
    .string()
    .regex(
      /^(file:.+|s3:\/\/[a-z0-9][a-z0-9.-]+(\/.*)?)$/,
      'is neither file:FOLDER nor s3://BUCKET or s3://BUCKET/PREFIX',
    )
    .optional(),

  /**
   * Keys that encrypt stored objects and the keys of authenticator apps: 32 random bytes each, in base64, separated by commas. The first
   * one encrypts, and the others are used for reading. Not set: nothing is encrypted.
   */
  ENCRYPTION_KEYS: encryptionKeys.optional(),
  /** The same keys, one on each line of a file. */
  ENCRYPTION_KEYS_FILE: z
    .string()
    .transform((file, context) => readText(file) ?? notReadable(context))
    .pipe(encryptionKeys)
    .optional(),

  /**
   * Address of an S3-compatible server. Not set: the next two settings, the AWS profile, then Amazon's address for the
   * region.
   */
  S3_ENDPOINT: s3Endpoint,
  /** The names that other AWS programs use; the first of the three that is set is used. */
  AWS_ENDPOINT_URL_S3: s3Endpoint,
  AWS_ENDPOINT_URL: s3Endpoint,

  /** Key of the account for S3. Not set: the credentials that the AWS SDK finds (profile, container or instance role). */
  AWS_ACCESS_KEY_ID: z.string().optional(),
  AWS_SECRET_ACCESS_KEY: z.string().optional(),
  /** Only with temporary keys. */
  AWS_SESSION_TOKEN: z.string().optional(),

  /** Region of the S3 buckets. Not set: AWS_DEFAULT_REGION, then the AWS profile's (AWS_PROFILE), then us-east-1. */
  AWS_REGION: awsRegion,
  AWS_DEFAULT_REGION: awsRegion,

  /** `true`: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL and the address in the AWS profile are ignored. */
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: trueOrFalse.default(false),

  /** File (PEM) with certificates of authorities that are trusted for S3, besides those that Node trusts. */
  AWS_CA_BUNDLE: z
    .string()
    .refine(isFileOfCertificates, 'is not a file of certificates (PEM) that can be read')
    .optional(),

  /** `true`: this account pays for the data that it reads from requester-pays buckets. */
  S3_REQUESTER_PAYS: z
    .enum(['true', 'false'], { error: 'is neither true nor false' })
    .default('false')
    .transform((value) => value === 'true'),

  /** Folders, separated by commas (or as in PATH), from which `file:` datasets may be read. Not set: `ingest` in DATA_DIR. */
  INGEST_ROOTS: z.string().optional(),

  /** Buckets, or prefixes in them (`bucket/prefix`), separated by commas, from which `s3://` sources may be read. Not set: none. */
  INGEST_BUCKETS: z
    .string()
    .transform((value) => value.split(',').map(bucketAndPrefix).filter(Boolean))
    .refine(
      (entries) => entries.every((entry) => /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](\/.*)?$/s.test(entry)),
      'is not a list such as hospital-images,research/smears',
    )
    .default([]),

  /** Hosts, or hosts with a port, separated by commas, to which webhooks may be sent. Not set: none. */
  WEBHOOK_HOSTS: z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((entry) => entry.trim().toLowerCase())
        .filter(Boolean),
    )
    .refine(
      (entries) => entries.every(isHost),
      'is not a list of hosts such as hooks.example.org,alerts.example.org:8443',
    )
    .default([]),

  /** `true`: webhooks may be sent to private and loopback addresses, and with plain HTTP. */
  WEBHOOK_PRIVATE_ADDRESSES: trueOrFalse.default(false),

  /** E-mail address of the administrator that the first start creates. */
  ADMIN_EMAIL: emailAddress.default(DEFAULT_ADMIN_EMAIL),

  /** The administrator's first password, by the rules for any password. Not set: a one-time password is generated and printed. */
  ADMIN_PASSWORD: z.string().optional(),

  /** Hours after which a session ends, however it is used. */
  SESSION_MAX_HOURS: wholeNumber(1, 24 * 365).default(12),

  /** Minutes without use after which a session ends. Uses are recorded to the minute. */
  SESSION_IDLE_MINUTES: wholeNumber(5, 60 * 24 * 365).default(60),

  /** Days for which audit events stay in the database, before they move to the archive in the object store. Not set: they stay. */
  AUDIT_RETENTION_DAYS: wholeNumber(1, 36_500).optional(),

  /** A syslog receiver of all audit events: tcp://host:port, or tls://host:port. Not set: they are not forwarded. */
  AUDIT_SYSLOG_URL: z
    .string()
    .refine(
      (text) => syslogReceiverOf(text) !== null,
      'is not an address such as tls://siem.example.org:6514',
    )
    .optional(),

  /** The address of an OpenID Connect provider, with which people sign in. Not set: people sign in with passwords only. */
  OIDC_ISSUER: z
    .string()
    .refine(isIssuer, 'is not an address such as https://login.example.org/realms/hospital')
    .optional(),

  /** This server's client id at the provider, and the client's secret. Without a secret it is a public client, with PKCE only. */
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),

  /** The provider's name on the sign-in page: 'Sign in with NAME'. Not set: the host name of OIDC_ISSUER. */
  OIDC_NAME: z.string().max(60, 'is longer than 60 characters').optional(),

  /** The scopes to request from the provider, separated by spaces. */
  OIDC_SCOPES: z
    .string()
    .refine((scopes) => scopes.split(/ +/).includes('openid'), 'does not contain openid')
    .default('openid profile email'),

  /** Which groups of the provider give which roles: JSON in the form of {@link GroupMapping}. */
  OIDC_GROUPS: groupMappingSetting.optional(),

  /** Whom people ask for access, as the end of the sentence 'Ask …'. */
  OIDC_CONTACT: z
    .string()
    .max(200, 'is longer than 200 characters')
    .default('the administrators of Cytograph'),

  /** The audience that access tokens of the provider must name, for programs. Not set: no such token is accepted. */
  OIDC_API_AUDIENCE: z.string().optional(),

  /** `false`: people sign in with the provider only, except with EMERGENCY_ACCOUNT. Passwords, and what was done with them, end. */
  BUILT_IN_ACCOUNTS: trueOrFalse.default(true),

  /** E-mail address of the account that may use a password without BUILT_IN_ACCOUNTS. Not set: ADMIN_EMAIL. */
  EMERGENCY_ACCOUNT: emailAddress.optional(),

  /** Name of the model that is used when a request names none. */
  DEFAULT_MODEL: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'is not the name of a model')
    .default('reference'),

  /** The requirements for a version to become the champion: JSON in the form of {@link PromotionPolicy}. */
  PROMOTION_POLICY: promotionPolicySetting.prefault('{}'),

  /** Number of inference threads. Not set: one for each core. */
  INFERENCE_THREADS: wholeNumber(1, 256).optional(),

  /** Number of images that may wait for a thread. Further images are refused as OVERLOADED. */
  INFERENCE_QUEUE_LIMIT: wholeNumber(1).default(256),

  /** Maximum number of images in one run of a network. */
  INFERENCE_MAX_BATCH: wholeNumber(1, 256).default(2),

  /** Milliseconds that a decoded image waits for its batch to fill. 0: no wait. */
  INFERENCE_BATCH_DELAY_MS: wholeNumber(0, 10_000).default(0),

  /** Address of a server of the Open Inference Protocol, version 2, that runs the networks. Not set: the threads run them. */
  INFERENCE_SERVER: urlOf(['http:', 'https:'], 'http://inference:8080').optional(),

  /** Share of the champion's images, 0 to 1, that the challenger classifies too, on idle threads. */
  SHADOW_SHARE: z
    .string()
    .transform(Number)
    .refine((share) => share >= 0 && share <= 1, 'is not a share from 0 to 1, such as 0.1')
    .default(0.1),

  /** Milliseconds after which an image that is still waiting for its prediction is refused as OVERLOADED. */
  CLASSIFY_DEADLINE_MS: wholeNumber(1, 2 ** 31 - 1).default(30_000),

  /**
   * `embedded`: the server runs a worker (ingestion, training) as its child process; `external`: workers are started
   * separately.
   */
  WORKER: z.enum(['embedded', 'external'], { error: 'is neither embedded nor external' }).default('embedded'),

  /** The longest that a GraphQL query may take, in seconds. Then it is stopped, with its statements in the database. */
  QUERY_TIME_LIMIT: wholeNumber(1, 600).default(30),

  /** Largest image in bytes. */
  MAX_UPLOAD_BYTES: wholeNumber(1).default(20 * 1024 * 1024),

  /** Largest file, in bytes, of a model version that was trained elsewhere. */
  MAX_ARTIFACT_BYTES: wholeNumber(1).default(100 * 1024 * 1024),

  /**
   * Proxies whose X-Forwarded-For and X-Forwarded-Proto headers are trusted: the number of proxies in front of the server, or
   * their addresses or networks, separated by commas. Not set: none.
   */
  TRUST_PROXY: z
    .string()
    .transform((value) => (/^\d+$/.test(value) ? Number(value) : value.split(',').map((part) => part.trim())))
    .refine(
      (proxies) => typeof proxies === 'number' || proxies.every(isNetwork),
      'is neither a number of proxies nor addresses and networks such as 10.0.0.0/8, separated by commas',
    )
    .default(0),

  /**
   * The address that users open in the browser, such as `https://cells.example.org/cytograph`, if it is that of a proxy. Its
   * pages may use this server regardless of the `Host` that the proxy sends. With an HTTPS address the session cookie is
   * Secure.
   */
  PUBLIC_URL: urlOf(['http:', 'https:'], 'https://cells.example.org/cytograph')
    .refine((value) => !/[?#@]/.test(value), 'is not an address without user, query and fragment')
    .optional(),

  /** The path below which a proxy serves this server, such as `/cytograph`. Not set: the path of PUBLIC_URL, or none. */
  BASE_PATH: z
    .string()
    .transform((value) => value.replace(/\/+$/, ''))
    .refine(isBasePath, 'is not a path such as /cytograph')
    .optional(),

  /**
   * `true`: /graphql is a page for signed-in people, on which they try queries (GraphiQL). Not set: only if HOST is this machine, and
   * neither PUBLIC_URL nor NODE_ENV=production is set.
   */
  GRAPHIQL: trueOrFalse.optional(),

  /**
   * Token that readers of `/metrics` send as `Authorization: Bearer …`. Not set: only programs on this machine may read it.
   */
  METRICS_TOKEN: z
    .string()
    .regex(/^\S{16,}$/, 'is not at least 16 characters without spaces')
    .optional(),

  /**
   * Milliseconds that the server keeps answering after SIGTERM, while /readyz returns 503 so that load balancers stop using
   * it.
   */
  DRAIN_MS: wholeNumber(0, 600_000).default(2_000),

  /** Lowest level of messages to log. */
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'is none of fatal, error, warn, info, debug, trace, silent',
    })
    .default('info'),
});

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(settings.shape);

/** How to reach S3. Without credentials the AWS SDK looks for them. */
export interface S3Settings {
  /** null: the address in the AWS profile, or Amazon's address for the region. */
  endpoint: string | null;
  /** null: the region of the AWS profile, or us-east-1. */
  region: string | null;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | null;
  /** Whether this account pays for the data that it reads from requester-pays buckets. Default: false. */
  requesterPays?: boolean;
  /** File (PEM) of authorities that are trusted besides Node's. Default: none. */
  caBundle?: string;
}

export interface Config {
  port: number;
  host: string;
  /** Absolute path. */
  dataDir: string;
  /** null: the embedded Postgres in `dataDir`. */
  databaseUrl: string | null;
  /** The same database as the owner of its tables. null: `databaseUrl` is used for migrations too. */
  migrationDatabaseUrl: string | null;
  /** `file:folder` or `s3://bucket/prefix`. */
  objectStore: string;
  s3: S3Settings;
  /** AES-256 keys; the first one encrypts. Empty: nothing is encrypted. */
  encryptionKeys: readonly Buffer[];
  /** Absolute paths. */
  ingestRoots: string[];
  /** 'bucket' or 'bucket/prefix', without a trailing slash. */
  ingestBuckets: string[];
  /** 'host' or 'host:port', in lower case, to which webhooks may be sent. */
  webhookHosts: string[];
  /** Whether webhooks may be sent to private and loopback addresses, and with plain HTTP. */
  webhookPrivateAddresses: boolean;
  adminEmail: string;
  adminPassword: string | null;
  sessionMs: number;
  sessionIdleMs: number;
  /** Null: audit events stay in the database. */
  auditRetentionDays: number | null;
  /** Null: audit events are not forwarded. */
  auditSyslog: { transport: 'tcp' | 'tls'; host: string; port: number } | null;
  /** null: people sign in with passwords only. */
  identityProvider: IdentityProviderSettings | null;
  /** Whether accounts with a password work; otherwise only that of `emergencyAccount` does. */
  builtInAccounts: boolean;
  /** An e-mail address, in lower case. */
  emergencyAccount: string;
  defaultModel: string;
  promotionPolicy: PromotionPolicy;
  inferenceThreads: number;
  inferenceQueueLimit: number;
  inferenceMaxBatch: number;
  inferenceBatchDelayMs: number;
  /** null: the threads run the networks. */
  inferenceServer: string | null;
  classifyDeadlineMs: number;
  shadowShare: number;
  worker: 'embedded' | 'external';
  queryTimeLimitMs: number;
  maxUploadBytes: number;
  maxArtifactBytes: number;
  /** In the form of Express's setting 'trust proxy'. */
  trustProxy: number | string[];
  /** Without a trailing slash; null: the host of each request. */
  publicUrl: string | null;
  /** '' or a path such as '/cytograph', without a trailing slash. */
  basePath: string;
  /** Whether /graphql is a page of the web app too. */
  graphiql: boolean;
  metricsToken: string | null;
  drainMs: number;
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

/** Lists every invalid setting on a separate line, with its name and the reason. */
export class ConfigError extends Error {}

/**
 * Adds the settings of the file `.env` in `folder`, if there is one, to the environment of this process. Variables that are
 * already set are kept.
 */
export function loadEnvFile(folder: string): void {
  const file = path.join(folder, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}

/**
 * The settings that `env` holds.
 * @throws ConfigError listing every wrong one
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.entries(env).filter(([name, value]) => name in settings.shape && value?.trim());
  const parsed = settings.safeParse(Object.fromEntries(given.map(([name, value]) => [name, value?.trim()])));
  const faults = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`);
  for (const [one, other] of [
    ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    ['AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID'],
  ] as const)
    if (env[one]?.trim() && !env[other]?.trim())
      faults.push(`${other} is missing: ${one} is set, and both are needed.`);
  if (env.MIGRATION_DATABASE_URL?.trim() && !env.DATABASE_URL?.trim())
    faults.push('DATABASE_URL is missing: MIGRATION_DATABASE_URL is set, and both are needed.');
  if (env.ENCRYPTION_KEYS?.trim() && env.ENCRYPTION_KEYS_FILE?.trim())
    faults.push('ENCRYPTION_KEYS and ENCRYPTION_KEYS_FILE are both set: leave one of them out.');
  faults.push(...adminPasswordFaults(env));
  if (parsed.success) faults.push(...basePathFaults(parsed.data), ...identityProviderFaults(parsed.data));
  if (!parsed.success || faults.length > 0)
    throw new ConfigError(`These settings are wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return assemble(parsed.data, env.NODE_ENV === 'production');
}

function adminPasswordFaults({ ADMIN_EMAIL, ADMIN_PASSWORD }: NodeJS.ProcessEnv): string[] {
  const password = ADMIN_PASSWORD?.trim();
  const fault = password ? passwordFault(password, ADMIN_EMAIL?.trim() || DEFAULT_ADMIN_EMAIL) : null;
  return fault === null ? [] : [`ADMIN_PASSWORD is too easy to guess. ${fault}`];
}

function basePathFaults({ PUBLIC_URL, BASE_PATH }: z.infer<typeof settings>): string[] {
  if (PUBLIC_URL === undefined) return [];
  const path = pathOf(PUBLIC_URL);
  if (!isBasePath(path)) return ['PUBLIC_URL has a path other than one such as /cytograph.'];
  if (BASE_PATH === undefined || BASE_PATH === path) return [];
  return [
    `BASE_PATH is '${BASE_PATH}', but the path of PUBLIC_URL is '${path}': leave out BASE_PATH, or make them the same.`,
  ];
}

function identityProviderFaults(values: z.infer<typeof settings>): string[] {
  const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_GROUPS, OIDC_API_AUDIENCE, PUBLIC_URL } = values;
  if (OIDC_ISSUER === undefined) {
    const useless = ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_GROUPS', 'OIDC_API_AUDIENCE'] as const;
    return useless
      .filter((name) => values[name] !== undefined)
      .map((name) => `OIDC_ISSUER is missing: ${name} is set, and has no effect without it.`)
      .concat(
        values.BUILT_IN_ACCOUNTS
          ? []
          : [
              'OIDC_ISSUER is missing: BUILT_IN_ACCOUNTS is false, so nobody could sign in without a provider.',
            ],
      );
  }
  const faults: string[] = [];
  if (OIDC_CLIENT_ID === undefined)
    faults.push('OIDC_CLIENT_ID is missing: OIDC_ISSUER is set, and both are needed.');
  if (OIDC_GROUPS === undefined) {
    faults.push(
      'OIDC_GROUPS is missing: OIDC_ISSUER is set, and nobody can sign in until groups give roles, as in ' +
        '{"claim":"groups","roles":{"cytograph-clinicians":["CLINICIAN"]}}.',
    );
  }
  if (PUBLIC_URL === undefined) {
    faults.push(
      'PUBLIC_URL is missing: OIDC_ISSUER is set, and the provider sends browsers back to PUBLIC_URL/oidc/callback.',
    );
  }
  if (OIDC_API_AUDIENCE !== undefined && OIDC_API_AUDIENCE === OIDC_CLIENT_ID) {
    faults.push(
      'OIDC_API_AUDIENCE is the same as OIDC_CLIENT_ID: ID tokens would then be accepted as access tokens. Use another name.',
    );
  }
  return faults;
}

/** Whether only this machine reaches the server. */
function isLocalOnly({ HOST, PUBLIC_URL, BASE_PATH, TRUST_PROXY }: z.infer<typeof settings>): boolean {
  const hasProxy = PUBLIC_URL !== undefined || BASE_PATH !== undefined || TRUST_PROXY !== 0;
  return !hasProxy && ['127.0.0.1', '::1', 'localhost'].includes(HOST);
}

const pathOf = (url: string) => new URL(url).pathname.replace(/\/+$/, '');

function assemble(values: z.infer<typeof settings>, isProduction: boolean): Config {
  const dataDir = path.resolve(values.DATA_DIR);
  return {
    port: values.PORT,
    host: values.HOST,
    dataDir,
    databaseUrl: values.DATABASE_URL ?? null,
    migrationDatabaseUrl: values.MIGRATION_DATABASE_URL ?? null,
    objectStore: values.OBJECT_STORE ?? `file:${path.join(dataDir, 'objects')}`,
    encryptionKeys: values.ENCRYPTION_KEYS ?? values.ENCRYPTION_KEYS_FILE ?? [],
    s3: {
      endpoint:
        values.S3_ENDPOINT ??
        (values.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
          ? null
          : (values.AWS_ENDPOINT_URL_S3 ?? values.AWS_ENDPOINT_URL ?? null)),
      region: values.AWS_REGION ?? values.AWS_DEFAULT_REGION ?? null,
      requesterPays: values.S3_REQUESTER_PAYS,
      ...(values.AWS_CA_BUNDLE !== undefined && { caBundle: values.AWS_CA_BUNDLE }),
      credentials:
        values.AWS_ACCESS_KEY_ID && values.AWS_SECRET_ACCESS_KEY
          ? {
              accessKeyId: values.AWS_ACCESS_KEY_ID,
              secretAccessKey: values.AWS_SECRET_ACCESS_KEY,
              sessionToken: values.AWS_SESSION_TOKEN,
            }
          : null,
    },
    ingestRoots: values.INGEST_ROOTS ? splitFolders(values.INGEST_ROOTS) : [path.join(dataDir, 'ingest')],
    ingestBuckets: values.INGEST_BUCKETS,
    webhookHosts: values.WEBHOOK_HOSTS,
    webhookPrivateAddresses: values.WEBHOOK_PRIVATE_ADDRESSES,
    adminEmail: values.ADMIN_EMAIL,
    adminPassword: values.ADMIN_PASSWORD ?? null,
    sessionMs: values.SESSION_MAX_HOURS * 3_600_000,
    sessionIdleMs: values.SESSION_IDLE_MINUTES * 60_000,
    auditRetentionDays: values.AUDIT_RETENTION_DAYS ?? null,
    auditSyslog: values.AUDIT_SYSLOG_URL === undefined ? null : syslogReceiverOf(values.AUDIT_SYSLOG_URL),
    identityProvider: identityProviderOf(values),
    builtInAccounts: values.BUILT_IN_ACCOUNTS,
    emergencyAccount: values.EMERGENCY_ACCOUNT ?? values.ADMIN_EMAIL,
    defaultModel: values.DEFAULT_MODEL,
    promotionPolicy: values.PROMOTION_POLICY,
    inferenceThreads: values.INFERENCE_THREADS ?? availableParallelism(),
    inferenceQueueLimit: values.INFERENCE_QUEUE_LIMIT,
    inferenceMaxBatch: values.INFERENCE_MAX_BATCH,
    inferenceBatchDelayMs: values.INFERENCE_BATCH_DELAY_MS,
    inferenceServer: values.INFERENCE_SERVER ?? null,
    classifyDeadlineMs: values.CLASSIFY_DEADLINE_MS,
    shadowShare: values.SHADOW_SHARE,
    worker: values.WORKER,
    queryTimeLimitMs: values.QUERY_TIME_LIMIT * 1000,
    maxUploadBytes: values.MAX_UPLOAD_BYTES,
    maxArtifactBytes: values.MAX_ARTIFACT_BYTES,
    trustProxy: values.TRUST_PROXY,
    publicUrl: values.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    basePath: values.BASE_PATH ?? (values.PUBLIC_URL ? pathOf(values.PUBLIC_URL) : ''),
    graphiql: values.GRAPHIQL ?? (!isProduction && isLocalOnly(values)),
    metricsToken: values.METRICS_TOKEN ?? null,
    drainMs: values.DRAIN_MS,
    logLevel: values.LOG_LEVEL,
  };
}

function identityProviderOf(values: z.infer<typeof settings>): IdentityProviderSettings | null {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_GROUPS: groups } = values;
  if (issuer === undefined || clientId === undefined || groups === undefined) return null;
  return {
    issuer,
    clientId,
    clientSecret: values.OIDC_CLIENT_SECRET ?? null,
    name: values.OIDC_NAME ?? new URL(issuer).hostname,
    scopes: values.OIDC_SCOPES,
    groups,
    contact: values.OIDC_CONTACT,
    apiAudience: values.OIDC_API_AUDIENCE ?? null,
  };
}

function splitFolders(list: string): string[] {
  const parts = list.split(',').flatMap((part) => part.split(path.delimiter));
  return parts.filter((part) => part.trim()).map((part) => path.resolve(part.trim()));
}

/** The current settings for the log, without passwords and keys. */
export function describeConfig(config: Config): Record<string, unknown> {
  const hidden = (value: unknown) => (value === null ? null : '(set)');
  return {
    ...config,
    databaseUrl: config.databaseUrl && withoutPassword(config.databaseUrl),
    migrationDatabaseUrl: config.migrationDatabaseUrl && withoutPassword(config.migrationDatabaseUrl),
    adminPassword: hidden(config.adminPassword),
    metricsToken: hidden(config.metricsToken),
    identityProvider: config.identityProvider && {
      ...config.identityProvider,
      clientSecret: hidden(config.identityProvider.clientSecret),
    },
    s3: { ...config.s3, credentials: hidden(config.s3.credentials) },
    encryptionKeys: config.encryptionKeys.map(() => '(set)'),
  };
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password) shown.password = '***';
  shown.searchParams.delete('password');
  return shown.href;
}

/** Parses the address of a syslog receiver, with port 514 (TCP) or 6514 (TLS) by default; null if it is not one. */
function syslogReceiverOf(text: string): Config['auditSyslog'] {
  const [, transport, host, port] =
    /^(tcp|tls):\/\/(\[[0-9a-f:]+\]|[\w.-]+)(?::(\d{1,5}))?\/?$/i.exec(text) ?? [];
  if (transport === undefined || host === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535)
    return null;
  const isTls = transport.toLowerCase() === 'tls';
  return {
    transport: isTls ? 'tls' : 'tcp',
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? (isTls ? 6514 : 514) : Number(port),
  };
}
