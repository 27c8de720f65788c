import { existsSync, readFileSync } from 'node:fs';
import { isIP, isIPv4 } from 'node:net';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { type PromotionPolicy, promotionPolicySetting } from './promotion-policy.js';

// Every setting of the server and the worker: its type, its default, its meaning. They come from the environment and from
// a file `.env`; `.env.example` documents each, and a test holds it to this file. A name set to nothing counts as not set.

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

const awsRegion = z
  .string()
  .regex(/^[a-z0-9-]+$/, 'is not a region such as eu-central-1')
  .optional();

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
/** Parameters of DATABASE_URL that the driver or Postgres goes by. */
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

/** A Unix socket is given as `postgresql://user@/database?host=/folder`: no URL without a host, which then does not count. */
function withHost(url: string): string {
  return URL.canParse(url) ? url : url.replace('@/', '@localhost/');
}

/** What is wrong with an address of Postgres, as the rest of a sentence that begins with its name; null: nothing. */
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
      `names the schema '${schema}'. Cytograph uses the schema 'public', and 'graphile_worker' for its jobs: give it a ` +
      `database of its own instead, and leave schema out`
    );
  const sslMode = searchParams.get('sslmode') ?? 'disable';
  if (!SSL_MODES.includes(sslMode))
    return `has an unknown sslmode '${sslMode}'; there are ${SSL_MODES.join(', ')}`;
  return null;
}

/** The parameters in an address of Postgres that nothing here goes by, such as those of other drivers. */
export function ignoredParameters(databaseUrl: string): string[] {
  const names = [...new URL(databaseUrl).searchParams.keys()];
  return [...new Set(names)].filter((name) => !DATABASE_PARAMETERS.has(name));
}

/** An IP address, one with the length of its prefix ('10.0.0.0/8'), or one of the names that Express has for some networks. */
function isNetwork(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', length] = text.split(/\/(.*)/s);
  if (isIP(address) === 0) return false;
  return (
    length === undefined || (/^[1-9]\d*$/.test(length) && Number(length) <= (isIPv4(address) ? 32 : 128))
  );
}

/** '' or '/parts/of/letters', which needs no escaping anywhere. */
function isBasePath(path: string): boolean {
  return /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/.test(path);
}

const settings = z.object({
  /** TCP port of the HTTP server; 0 takes a free one. */
  PORT: wholeNumber(0, 65_535).default(4000),

  /** Address to listen on: this machine only, unless told otherwise; `0.0.0.0` for all networks (in a container). */
  HOST: z.string().default('127.0.0.1'),

  /** Folder for all that is kept: the embedded Postgres, the stored objects. */
  DATA_DIR: z.string().default('./data'),

  /** Postgres 15 or newer. Not set: an embedded Postgres in DATA_DIR. */
  DATABASE_URL: z
    .string()
    .transform(withHost)
    .superRefine((value, context) => {
      const fault = databaseUrlFault(value);
      if (fault) context.addIssue({ code: 'custom', message: fault });
    })
    .optional(),

  /** Where images and models are kept: `file:FOLDER` or `s3://BUCKET/PREFIX`. Not set: the folder `objects` in DATA_DIR. */
  OBJECT_STORE: z
    .string()
    .regex(
      /^(file:.+|s3:\/\/[a-z0-9][a-z0-9.-]+(\/.*)?)$/,
      'is neither file:FOLDER nor s3://BUCKET or s3://BUCKET/PREFIX',
    )
    .optional(),

  /** Address of an S3-compatible server. Not set: the next two, then the AWS profile's, then Amazon's of the region. */
  S3_ENDPOINT: s3Endpoint,
  /** The same, as other AWS programs name it; the first of the three that is set counts. */
  AWS_ENDPOINT_URL_S3: s3Endpoint,
  AWS_ENDPOINT_URL: s3Endpoint,

  /** Key of the account for S3. Not set: whatever else the AWS SDK finds (profile, container or instance role). */
  AWS_ACCESS_KEY_ID: z.string().optional(),
  AWS_SECRET_ACCESS_KEY: z.string().optional(),
  /** Only with temporary keys. */
  AWS_SESSION_TOKEN: z.string().optional(),

  /** Region of the S3 buckets. Not set: AWS_DEFAULT_REGION, then the AWS profile's (AWS_PROFILE), then us-east-1. */
  AWS_REGION: awsRegion,
  AWS_DEFAULT_REGION: awsRegion,

  /** `true`: neither AWS_ENDPOINT_URL_S3 nor AWS_ENDPOINT_URL nor the AWS profile's address counts. */
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: trueOrFalse.default(false),

  /** File (PEM) with certificates of authorities that are trusted for S3, besides those that Node trusts. */
  AWS_CA_BUNDLE: z
    .string()
    .refine(isFileOfCertificates, 'is not a file of certificates (PEM) that can be read')
    .optional(),

  /** `true`: this account pays for what it reads from requester-pays buckets. */
  S3_REQUESTER_PAYS: z
    .enum(['true', 'false'], { error: 'is neither true nor false' })
    .default('false')
    .transform((value) => value === 'true'),

  /** Folders, separated by commas (or as in PATH), below which `file:` datasets may lie. Not set: `ingest` in DATA_DIR. */
  INGEST_ROOTS: z.string().optional(),

  /** Whom the first start makes administrator. */
  ADMIN_EMAIL: z
    .email('is not an e-mail address')
    .transform((email) => email.toLowerCase())
    .default('admin@cytograph.local'),

  /** The administrator's first password. Not set: a one-time password is generated and printed. */
  ADMIN_PASSWORD: z.string().optional(),

  /** Name of the model whose champion answers where a request names none. */
  DEFAULT_MODEL: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'is not the name of a model')
    .default('reference'),

  /** What a version must show before it may become the champion: JSON, in the form of {@link PromotionPolicy}. */
  PROMOTION_POLICY: promotionPolicySetting.prefault('{}'),

  /** Threads that classify. Not set: one a core. */
  INFERENCE_THREADS: wholeNumber(1, 256).optional(),

  /** Images that may wait for a thread before further ones are turned away as OVERLOADED. */
  INFERENCE_QUEUE_LIMIT: wholeNumber(1).default(256),

  /** Images in one run of a network at most. */
  INFERENCE_MAX_BATCH: wholeNumber(1, 256).default(2),

  /** Milliseconds that a decoded image waits for a batch to fill up. 0: a run takes what is there. */
  INFERENCE_BATCH_DELAY_MS: wholeNumber(0, 10_000).default(0),

  /** Address of a server of the Open Inference Protocol, version 2, that runs the networks. Not set: the threads run them. */
  INFERENCE_SERVER: urlOf(['http:', 'https:'], 'http://inference:8080').optional(),

  /** The share of a champion's answers, 0 to 1, that its challenger is asked for too, while nobody waits. */
  SHADOW_SHARE: z
    .string()
    .transform(Number)
    .refine((share) => share >= 0 && share <= 1, 'is not a share from 0 to 1, such as 0.1')
    .default(0.1),

  /** Milliseconds after which an image that still waits for its answer is turned away as OVERLOADED. */
  CLASSIFY_DEADLINE_MS: wholeNumber(1, 2 ** 31 - 1).default(30_000),

  /** `embedded`: the server runs a worker (ingestion, training) as its child process; `external`: others run workers. */
  WORKER: z.enum(['embedded', 'external'], { error: 'is neither embedded nor external' }).default('embedded'),

  /** Largest image in bytes. */
  MAX_UPLOAD_BYTES: wholeNumber(1).default(20 * 1024 * 1024),

  /** Largest file, in bytes, of a model version that was trained elsewhere. */
  MAX_ARTIFACT_BYTES: wholeNumber(1).default(100 * 1024 * 1024),

  /**
   * Whose word about the client's address and protocol counts (X-Forwarded-For, X-Forwarded-Proto): the number of proxies
   * in front, or their addresses or networks, separated by commas. Not set: nobody's.
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
   * The address that people type to reach this server, where a proxy in front has another name, such as
   * `https://cells.example.org/cytograph`. Its pages may use this server whatever `Host` the proxy sends; over HTTPS the
   * session cookie is Secure.
   */
  PUBLIC_URL: urlOf(['http:', 'https:'], 'https://cells.example.org/cytograph')
    .refine((value) => !/[?#@]/.test(value), 'is not an address without user, query and fragment')
    .optional(),

  /** The path below which a proxy serves this server, such as `/cytograph`. Not set: the path of PUBLIC_URL, else none. */
  BASE_PATH: z
    .string()
    .transform((value) => value.replace(/\/+$/, ''))
    .refine(isBasePath, 'is not a path such as /cytograph')
    .optional(),

  /** What whoever reads `/metrics` sends as `Authorization: Bearer …`. Not set: only programs on this machine may read it. */
  METRICS_TOKEN: z
    .string()
    .regex(/^\S{16,}$/, 'is not at least 16 characters without spaces')
    .optional(),

  /** Milliseconds that a server told to stop (SIGTERM) still answers while /readyz says 503, so that balancers leave it first. */
  DRAIN_MS: wholeNumber(0, 600_000).default(2_000),

  /** The least important messages to log. */
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'is none of fatal, error, warn, info, debug, trace, silent',
    })
    .default('info'),
});

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(settings.shape);

/** How to reach S3. Without credentials the AWS SDK looks for some itself. */
export interface S3Settings {
  /** null: the AWS profile's, or Amazon's of the region. */
  endpoint: string | null;
  /** null: the AWS profile's, or us-east-1. */
  region: string | null;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | null;
  /** Whether this account pays for what it reads from requester-pays buckets. Default: false. */
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
  /** `file:folder` or `s3://bucket/prefix`. */
  objectStore: string;
  s3: S3Settings;
  /** Absolute paths. */
  ingestRoots: string[];
  adminEmail: string;
  adminPassword: string | null;
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
  maxUploadBytes: number;
  maxArtifactBytes: number;
  /** In the form of Express's setting 'trust proxy'. */
  trustProxy: number | string[];
  /** Without a slash at its end; null: the address that a request asks for. */
  publicUrl: string | null;
  /** '' or a path such as '/cytograph', without a slash at its end. */
  basePath: string;
  metricsToken: string | null;
  drainMs: number;
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

/** Every setting that is wrong, one a line, with its name and the reason. */
export class ConfigError extends Error {}

/**
 * Adds the settings of the file `.env` in `folder`, if there is one, to this process's environment, where those that are set
 * already win.
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
      faults.push(`${other} is missing: ${one} is set, and it takes both.`);
  if (parsed.success) faults.push(...basePathFaults(parsed.data));
  if (!parsed.success || faults.length > 0)
    throw new ConfigError(`These settings are wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return assemble(parsed.data);
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

const pathOf = (url: string) => new URL(url).pathname.replace(/\/+$/, '');

function assemble(values: z.infer<typeof settings>): Config {
  const dataDir = path.resolve(values.DATA_DIR);
  return {
    port: values.PORT,
    host: values.HOST,
    dataDir,
    databaseUrl: values.DATABASE_URL ?? null,
    objectStore: values.OBJECT_STORE ?? `file:${path.join(dataDir, 'objects')}`,
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
    adminEmail: values.ADMIN_EMAIL,
    adminPassword: values.ADMIN_PASSWORD ?? null,
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
    maxUploadBytes: values.MAX_UPLOAD_BYTES,
    maxArtifactBytes: values.MAX_ARTIFACT_BYTES,
    trustProxy: values.TRUST_PROXY,
    publicUrl: values.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    basePath: values.BASE_PATH ?? (values.PUBLIC_URL ? pathOf(values.PUBLIC_URL) : ''),
    metricsToken: values.METRICS_TOKEN ?? null,
    drainMs: values.DRAIN_MS,
    logLevel: values.LOG_LEVEL,
  };
}

function splitFolders(list: string): string[] {
  const parts = list.split(',').flatMap((part) => part.split(path.delimiter));
  return parts.filter((part) => part.trim()).map((part) => path.resolve(part.trim()));
}

/** The settings in force, fit to be logged: no password, no key. */
export function describeConfig(config: Config): Record<string, unknown> {
  const hidden = (value: unknown) => (value === null ? null : '(set)');
  return {
    ...config,
    databaseUrl: config.databaseUrl && withoutPassword(config.databaseUrl),
    adminPassword: hidden(config.adminPassword),
    metricsToken: hidden(config.metricsToken),
    s3: { ...config.s3, credentials: hidden(config.s3.credentials) },
  };
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password) shown.password = '***';
  shown.searchParams.delete('password');
  return shown.href;
}
