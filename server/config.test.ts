import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, SETTING_NAMES, describeConfig, ignoredParameters, loadConfig } from './config.js';
import { runInProcess, specifier } from './process/testing.js';

describe('loadConfig', () => {
  it('has a default for everything', () => {
    const dataDir = path.resolve('data');
    expect(loadConfig({})).toEqual({
      port: 4000,
      host: '127.0.0.1',
      dataDir,
      databaseUrl: null,
      migrationDatabaseUrl: null,
      objectStore: `file:${path.join(dataDir, 'objects')}`,
      encryptionKeys: [],
      s3: { endpoint: null, region: null, requesterPays: false, credentials: null },
      ingestRoots: [path.join(dataDir, 'ingest')],
      ingestBuckets: [],
      webhookHosts: [],
      webhookPrivateAddresses: false,
      adminEmail: 'admin@cytograph.local',
      adminPassword: null,
      sessionMs: 12 * 3_600_000,
      sessionIdleMs: 60 * 60_000,
      auditRetentionDays: null,
      auditSyslog: null,
      identityProvider: null,
      builtInAccounts: true,
      emergencyAccount: 'admin@cytograph.local',
      defaultModel: 'reference',
      promotionPolicy: {
        evaluation: 'required',
        aucMargin: 0.02,
        minSensitivity: 0.8,
        minSpecificity: 0.7,
        minCoverage: 0.5,
        maxExpectedCalibrationError: null,
        approval: 'none',
      },
      inferenceThreads: availableParallelism(),
      inferenceQueueLimit: 256,
      inferenceMaxBatch: 2,
      inferenceBatchDelayMs: 0,
      inferenceServer: null,
      classifyDeadlineMs: 30_000,
      shadowShare: 0.1,
      queryTimeLimitMs: 30_000,
      maxUploadBytes: 20 * 1024 * 1024,
      maxArtifactBytes: 100 * 1024 * 1024,
      publicUrl: null,
      basePath: '',
      graphiql: true,
      drainMs: 2000,
      metricsToken: null,
      trustProxy: 0,
      worker: 'embedded',
      logLevel: 'info',
    });
  });

  it('reads every setting', () => {
    const config = loadConfig({
      PORT: '0',
      HOST: '0.0.0.0',
      DATA_DIR: '/var/lib/cytograph',
      DATABASE_URL: 'postgresql://me:pw@db/cytograph',
      MIGRATION_DATABASE_URL: 'postgresql://owner:pw@db/cytograph',
      OBJECT_STORE: 's3://bucket/prefix',
      S3_ENDPOINT: 'http://127.0.0.1:9000',
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'eu-central-1',
      S3_REQUESTER_PAYS: 'true',
      INGEST_ROOTS: '/a, /b',
      INGEST_BUCKETS: 'cells, s3://hospital/smears/',
      WEBHOOK_HOSTS: 'Hooks.example.org, alerts.example.org:8443',
      WEBHOOK_PRIVATE_ADDRESSES: 'true',
      ADMIN_EMAIL: 'Me@Example.org',
      ADMIN_PASSWORD: 'long enough, and odd',
      SESSION_MAX_HOURS: '8',
      AUDIT_RETENTION_DAYS: '400',
      AUDIT_SYSLOG_URL: 'tls://siem.example.org',
      SESSION_IDLE_MINUTES: '15',
      OIDC_ISSUER: 'https://login.example.org/realms/hospital',
      OIDC_CLIENT_ID: 'cytograph',
      OIDC_CLIENT_SECRET: 'secret of the client',
      OIDC_NAME: 'Hospital account',
      OIDC_SCOPES: 'openid email',
      OIDC_GROUPS: '{"roles":{"wards":["CLINICIAN"]}}',
      OIDC_CONTACT: 'the service desk',
      OIDC_API_AUDIENCE: 'urn:cytograph',
      BUILT_IN_ACCOUNTS: 'false',
      EMERGENCY_ACCOUNT: 'Safe@Example.org',
      DEFAULT_MODEL: 'mine',
      PROMOTION_POLICY:
        '{"minSensitivity":0.9,"minSpecificity":0.6,"minCoverage":null,"approval":"second-person"}',
      INFERENCE_THREADS: '3',
      INFERENCE_QUEUE_LIMIT: '7',
      QUERY_TIME_LIMIT: '20',
      INFERENCE_MAX_BATCH: '8',
      INFERENCE_BATCH_DELAY_MS: '2',
      INFERENCE_SERVER: 'http://inference:8080',
      CLASSIFY_DEADLINE_MS: '5000',
      SHADOW_SHARE: '0.5',
      GRAPHIQL: 'true',
      METRICS_TOKEN: 'sixteen-or-more-characters',
      MAX_UPLOAD_BYTES: '1000',
      MAX_ARTIFACT_BYTES: '2000',
      TRUST_PROXY: '10.0.0.0/8, loopback',
      PUBLIC_URL: 'https://cells.example.org/cytograph/',
      WORKER: 'external',
      LOG_LEVEL: 'debug',
    });
    expect(config).toEqual({
      port: 0,
      host: '0.0.0.0',
      dataDir: '/var/lib/cytograph',
      databaseUrl: 'postgresql://me:pw@db/cytograph',
      migrationDatabaseUrl: 'postgresql://owner:pw@db/cytograph',
      encryptionKeys: [],
      objectStore: 's3://bucket/prefix',
      s3: {
        endpoint: 'http://127.0.0.1:9000',
        region: 'eu-central-1',
        requesterPays: true,
        credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
      },
      ingestRoots: ['/a', '/b'],
      ingestBuckets: ['cells', 'hospital/smears'],
      webhookHosts: ['hooks.example.org', 'alerts.example.org:8443'],
      webhookPrivateAddresses: true,
      adminEmail: 'me@example.org',
      adminPassword: 'long enough, and odd',
      sessionMs: 8 * 3_600_000,
      sessionIdleMs: 15 * 60_000,
      auditRetentionDays: 400,
      auditSyslog: { transport: 'tls', host: 'siem.example.org', port: 6514 },
      identityProvider: {
        issuer: 'https://login.example.org/realms/hospital',
        clientId: 'cytograph',
        clientSecret: 'secret of the client',
        name: 'Hospital account',
        scopes: 'openid email',
        groups: { claim: 'groups', roles: { wards: ['CLINICIAN'] }, scopes: {} },
        contact: 'the service desk',
        apiAudience: 'urn:cytograph',
      },
      builtInAccounts: false,
      emergencyAccount: 'safe@example.org',
      defaultModel: 'mine',
      promotionPolicy: {
        evaluation: 'required',
        aucMargin: 0.02,
        minSensitivity: 0.9,
        minSpecificity: 0.6,
        minCoverage: null,
        maxExpectedCalibrationError: null,
        approval: 'second-person',
      },
      inferenceThreads: 3,
      inferenceQueueLimit: 7,
      queryTimeLimitMs: 20_000,
      inferenceMaxBatch: 8,
      inferenceBatchDelayMs: 2,
      inferenceServer: 'http://inference:8080',
      classifyDeadlineMs: 5000,
      shadowShare: 0.5,
      drainMs: 2000,
      metricsToken: 'sixteen-or-more-characters',
      maxUploadBytes: 1000,
      maxArtifactBytes: 2000,
      trustProxy: ['10.0.0.0/8', 'loopback'],
      publicUrl: 'https://cells.example.org/cytograph',
      basePath: '/cytograph',
      graphiql: true,
      worker: 'external',
      logLevel: 'debug',
    });
  });

  it('lists every wrong setting at once, each with its name and the reason', () => {
    const wrong = {
      PORT: '70000',
      DATABASE_URL: 'mysql://x',
      OBJECT_STORE: '/data/objects',
      INFERENCE_THREADS: 'many',
      LOG_LEVEL: 'loud',
      AWS_ACCESS_KEY_ID: 'key',
      AWS_ENDPOINT_URL: 'minio:9000',
      AWS_DEFAULT_REGION: 'EU (Frankfurt)',
      S3_REQUESTER_PAYS: 'yes',
      INGEST_BUCKETS: 'cells, Hospital/smears',
      WEBHOOK_HOSTS: 'https://hooks.example.org/',
      ADMIN_PASSWORD: 'hunter2',
      SESSION_IDLE_MINUTES: '1',
    };
    expect(() => loadConfig(wrong)).toThrow(ConfigError);
    expect(() => loadConfig(wrong)).toThrow(/AWS_ENDPOINT_URL is not an address such as http:/);
    expect(() => loadConfig(wrong)).toThrow(/AWS_DEFAULT_REGION is not a region such as eu-central-1\./);
    expect(() => loadConfig(wrong)).toThrow(/INGEST_BUCKETS is not a list such as hospital-images/);
    expect(() => loadConfig(wrong)).toThrow(/WEBHOOK_HOSTS is not a list of hosts such as hooks.example.org/);
    expect(() => loadConfig(wrong)).toThrow(/S3_REQUESTER_PAYS is neither true nor false\./);
    expect(() => loadConfig(wrong)).toThrow(
      /ADMIN_PASSWORD is too easy to guess\. A password must have at least 12/,
    );
    expect(() => loadConfig(wrong)).toThrow(/SESSION_IDLE_MINUTES is not a whole number from 5 to/);
    expect(() => loadConfig(wrong)).toThrow(/PORT is not a whole number from 0 to 65535\./);
    expect(() => loadConfig(wrong)).toThrow(/DATABASE_URL is not an address such as postgresql:/);
    expect(() => loadConfig(wrong)).toThrow(/OBJECT_STORE is neither file:FOLDER nor s3:/);
    expect(() => loadConfig(wrong)).toThrow(/INFERENCE_THREADS is not a whole number from 1 to 256\./);
    expect(() => loadConfig(wrong)).toThrow(/LOG_LEVEL is none of fatal, error/);
    expect(() => loadConfig(wrong)).toThrow(/AWS_SECRET_ACCESS_KEY is missing/);
  });

  it.each([
    ['short', /at least 12 characters/],
    ['x'.repeat(300), /at most 256/],
    ['aaaaaaaaaaaaa', /4 different/],
    ['me@Example.org, 123', /e-mail address/],
  ])('refuses %s as the password of the administrator', (ADMIN_PASSWORD, sentence) => {
    expect(() => loadConfig({ ADMIN_EMAIL: 'Me@example.org', ADMIN_PASSWORD })).toThrow(sentence);
  });

  it.each([
    ['postgresql://u:p@h:5432/d?sslmode=verify-full', null],
    ['postgres://u:p%40%3A%2F%3F%23%25@h/d', null],
    ['postgresql://u@/d?host=/var/run/postgresql', 'postgresql://u@localhost/d?host=/var/run/postgresql'],
    ['postgresql://%2Fvar%2Frun%2Fpostgresql/d', null],
    ['postgresql://u:p@h/d?schema=public&pgbouncer=true&connection_limit=5', null],
  ])('takes %s', (url, meant) => {
    expect(loadConfig({ DATABASE_URL: url }).databaseUrl).toBe(meant ?? url);
  });

  it.each([
    ['postgresql://u:p#w@h/d', /write @ as %40/],
    ['postgresql://u:p/w@h:5432/d', /write @ as %40/],
    ['postgresql://u:100%@h/d', /has a % in the user name or password/],
    ['postgresql://u:p@h/d?schema=cytograph', /names the schema 'cytograph'.*a separate database instead/],
    ['postgresql://u:p@h/d?sslmode=on', /unknown sslmode 'on'; there are disable, prefer/],
  ])('refuses %s and says what would be right', (url, sentence) => {
    expect(() => loadConfig({ DATABASE_URL: url })).toThrow(sentence);
  });

  it('needs the address of the server as well as that of the owner of the tables', () => {
    expect(() => loadConfig({ MIGRATION_DATABASE_URL: 'postgresql://owner@db/cytograph' })).toThrow(
      /DATABASE_URL is missing: MIGRATION_DATABASE_URL is set/,
    );
  });

  it('reads encryption keys from the environment or from a file, and refuses others', async () => {
    const [one, other] = [randomBytes(32), randomBytes(32)].map((key) => ({
      key,
      text: key.toString('base64'),
    }));
    const both = `${one?.text}, ${other?.text}`;
    const keys = [one?.key, other?.key];
    expect(loadConfig({ ENCRYPTION_KEYS: both }).encryptionKeys).toEqual(keys);
    const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-keys-'));
    const file = path.join(folder, 'keys');
    await writeFile(file, `${one?.text}\n${other?.text}\n`);
    expect(loadConfig({ ENCRYPTION_KEYS_FILE: file }).encryptionKeys).toEqual(keys);
    expect(JSON.stringify(describeConfig(loadConfig({ ENCRYPTION_KEYS: both })))).not.toContain(one?.text);

    const wrong = /ENCRYPTION_KEYS(_FILE)? does not consist of different keys of 32 bytes in base64/;
    await writeFile(file, 'no key');
    for (const env of [
      { ENCRYPTION_KEYS: 'secret' },
      { ENCRYPTION_KEYS: randomBytes(16).toString('base64') },
      { ENCRYPTION_KEYS: `${one?.text},${one?.text}` },
      { ENCRYPTION_KEYS_FILE: file },
    ])
      expect(() => loadConfig(env)).toThrow(wrong);
    await rm(folder, { recursive: true });
    expect(() => loadConfig({ ENCRYPTION_KEYS_FILE: file })).toThrow('is not a file that this user may read');
    expect(() => loadConfig({ ENCRYPTION_KEYS: both, ENCRYPTION_KEYS_FILE: file })).toThrow('are both set');
  });

  it('lists the parameters of DATABASE_URL that have no effect', () => {
    expect(
      ignoredParameters('postgresql://h/d?sslmode=disable&pgbouncer=true&connection_limit=5&schema=public'),
    ).toEqual(['pgbouncer', 'connection_limit']);
  });

  it.each(['true', 'proxy.example', '10.0.0.0/33', '10.0.0.0/', '10.0.0.1,,10.0.0.2', '-1'])(
    'refuses to trust %j as a proxy',
    (TRUST_PROXY) => {
      expect(() => loadConfig({ TRUST_PROXY })).toThrow(/TRUST_PROXY is neither a number of proxies nor/);
    },
  );

  it.each([
    ['evaluation: required', /PROMOTION_POLICY is not JSON \(.*\)\./],
    ['[]', /PROMOTION_POLICY is not a JSON object, such as/],
    ['{"minAuc":0.9}', /PROMOTION_POLICY has no key "minAuc": there are evaluation, aucMargin/],
    ['{"aucMargin":2}', /PROMOTION_POLICY\.aucMargin is not a number from 0 to 1\./],
    ['{"minSensitivity":"0.9"}', /PROMOTION_POLICY\.minSensitivity is not a number from 0 to 1\./],
    ['{"evaluation":"maybe"}', /PROMOTION_POLICY\.evaluation is neither "required" nor "reported"\./],
    ['{"approval":true}', /PROMOTION_POLICY\.approval is neither "none" nor "second-person"\./],
  ])('refuses %s as the policy of promotions', (PROMOTION_POLICY, message) => {
    expect(() => loadConfig({ PROMOTION_POLICY })).toThrow(message);
  });

  it.each(['10.0.0.0/8', '::1', 'fd00::/8, uniquelocal'])('trusts %j as a proxy', (TRUST_PROXY) => {
    expect(loadConfig({ TRUST_PROXY }).trustProxy).toEqual(TRUST_PROXY.split(', '));
  });

  it.each<[Record<string, string>, string | null, string | null]>([
    [{ AWS_ENDPOINT_URL: 'http://a' }, 'http://a', null],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_S3: 'http://b' }, 'http://b', null],
    [{ AWS_ENDPOINT_URL_S3: 'http://b', S3_ENDPOINT: 'http://c' }, 'http://c', null],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'True' }, null, null],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' }, 'http://a', null],
    [
      {
        AWS_ENDPOINT_URL_S3: 'http://b',
        S3_ENDPOINT: 'http://c',
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
      },
      'http://c',
      null,
    ],
    [{ AWS_DEFAULT_REGION: 'eu-west-1' }, null, 'eu-west-1'],
    [{ AWS_DEFAULT_REGION: 'eu-west-1', AWS_REGION: 'us-west-2' }, null, 'us-west-2'],
  ])('takes from %j the S3 address %j and the region %j', (env, endpoint, region) => {
    expect(loadConfig(env).s3).toMatchObject({ endpoint, region });
  });

  it('refuses a file that is not a bundle of certificates, and a value other than true or false', () => {
    for (const AWS_CA_BUNDLE of ['/nowhere/ca.pem', 'package.json', '.'])
      expect(() => loadConfig({ AWS_CA_BUNDLE })).toThrow(
        'AWS_CA_BUNDLE is not a file of certificates (PEM) that can be read.',
      );
    expect(() => loadConfig({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'yes' })).toThrow(
      'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is neither true nor false.',
    );
  });

  it.each<[NodeJS.ProcessEnv, boolean]>([
    [{}, true],
    [{ HOST: 'localhost' }, true],
    [{ HOST: '0.0.0.0' }, false],
    [{ PUBLIC_URL: 'https://cells.example.org' }, false],
    [{ TRUST_PROXY: '1' }, false],
    [{ BASE_PATH: '/cytograph' }, false],
    [{ NODE_ENV: 'production' }, false],
    [{ NODE_ENV: 'production', HOST: '0.0.0.0', GRAPHIQL: 'true' }, true],
    [{ GRAPHIQL: 'false' }, false],
  ])('with %j, GraphiQL is on: %s', (env, isOn) => {
    expect(loadConfig(env).graphiql).toBe(isOn);
  });

  it.each([
    ['/cytograph', '/cytograph'],
    ['/cytograph/', '/cytograph'],
    ['/lab/cells-2', '/lab/cells-2'],
    ['/', ''],
  ])('takes %j as base path', (BASE_PATH, basePath) => {
    expect(loadConfig({ BASE_PATH }).basePath).toBe(basePath);
  });

  it.each(['cytograph', '/a b', '/a//b', '/../b', '/a"b', 'https://a.example/b'])(
    'refuses %j as base path',
    (BASE_PATH) => {
      expect(() => loadConfig({ BASE_PATH })).toThrow(/BASE_PATH is not a path such as \/cytograph\./);
    },
  );

  it.each([
    [{ PUBLIC_URL: 'cells.example.org' }, /PUBLIC_URL is not an address such as https:/],
    [{ PUBLIC_URL: 'https://cells.example.org/?a' }, /PUBLIC_URL is not an address without/],
    [{ PUBLIC_URL: 'https://cells.example.org/a b' }, /PUBLIC_URL has a path other than one such as/],
    [{ PUBLIC_URL: 'https://cells.example.org/a', BASE_PATH: '/b' }, /make them the same/],
  ])('refuses %j', (env, message) => {
    expect(() => loadConfig(env)).toThrow(message);
  });

  const PROVIDER = {
    OIDC_ISSUER: 'https://login.example.org',
    OIDC_CLIENT_ID: 'cytograph',
    OIDC_GROUPS: '{"roles":{"wards":["CLINICIAN"]}}',
    PUBLIC_URL: 'https://cells.example.org',
  };

  it('names the identity provider after its host, and needs no secret', () => {
    expect(loadConfig(PROVIDER).identityProvider).toMatchObject({
      name: 'login.example.org',
      clientSecret: null,
      scopes: 'openid profile email',
      apiAudience: null,
    });
    expect(loadConfig({ ...PROVIDER, OIDC_ISSUER: 'http://localhost:8080' }).identityProvider).not.toBeNull();
  });

  it.each([
    [{ OIDC_ISSUER: 'login.example.org' }, /OIDC_ISSUER is not an address such as https:/],
    [{ OIDC_ISSUER: 'http://login.example.org' }, /OIDC_ISSUER is not an address such as https:/],
    [{ OIDC_ISSUER: 'https://login.example.org/?a' }, /OIDC_ISSUER is not an address such as https:/],
    [{ OIDC_ISSUER: '' }, /OIDC_ISSUER is missing: OIDC_CLIENT_ID is set, and has no effect/],
    [{ OIDC_ISSUER: '', BUILT_IN_ACCOUNTS: 'false' }, /OIDC_ISSUER is missing: BUILT_IN_ACCOUNTS is false/],
    [{ EMERGENCY_ACCOUNT: 'admin' }, /EMERGENCY_ACCOUNT is not an e-mail address/],
    [{ OIDC_CLIENT_ID: '' }, /OIDC_CLIENT_ID is missing: OIDC_ISSUER is set/],
    [{ OIDC_GROUPS: '' }, /OIDC_GROUPS is missing.*"cytograph-clinicians":\["CLINICIAN"\]/],
    [{ PUBLIC_URL: '' }, /PUBLIC_URL is missing.*PUBLIC_URL\/oidc\/callback/],
    [{ OIDC_SCOPES: 'profile email' }, /OIDC_SCOPES does not contain openid/],
    [{ OIDC_API_AUDIENCE: 'cytograph' }, /OIDC_API_AUDIENCE is the same as OIDC_CLIENT_ID/],
    [{ OIDC_GROUPS: 'wards' }, /OIDC_GROUPS is not JSON/],
    [{ OIDC_GROUPS: '[]' }, /OIDC_GROUPS is not a JSON object, such as/],
    [{ OIDC_GROUPS: '{}' }, /OIDC_GROUPS\.roles has no "roles", such as/],
    [{ OIDC_GROUPS: '{"roles":{}}' }, /OIDC_GROUPS\.roles gives no group a role/],
    [{ OIDC_GROUPS: '{"roles":{"wards":["NURSE"]}}' }, /names a role other than CLINICIAN/],
    [{ OIDC_GROUPS: '{"roles":{"wards":"CLINICIAN"}}' }, /something other than a list of roles/],
    [{ OIDC_GROUPS: '{"groups":{}}' }, /OIDC_GROUPS has no key "groups": there are claim, roles and scopes/],
    [{ OIDC_GROUPS: '{"roles":{"a":["ADMIN"]},"scopes":{"a":["ALL"]}}' }, /names a scope other than/],
  ])('refuses the identity provider with %j', (change, message) => {
    expect(() => loadConfig({ ...PROVIDER, ...change })).toThrow(message);
  });

  it('takes a name set to nothing for one that is not set', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: ' ', ADMIN_PASSWORD: '' })).toEqual(loadConfig({}));
  });
});

describe('describeConfig', () => {
  it('reveals no secret', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgresql://me:hunter2@db/cytograph',
      MIGRATION_DATABASE_URL: 'postgresql://owner:a%20hunter%20of%202%20lions@db/cytograph',
      ADMIN_PASSWORD: 'a hunter of 2 lions',
      AWS_ACCESS_KEY_ID: 'a hunter of 2 lions',
      AWS_SECRET_ACCESS_KEY: 'a hunter of 2 lions',
      OIDC_ISSUER: 'https://login.example.org',
      OIDC_CLIENT_ID: 'cytograph',
      OIDC_CLIENT_SECRET: 'a hunter of 2 lions',
      OIDC_GROUPS: '{"roles":{"wards":["CLINICIAN"]}}',
      PUBLIC_URL: 'https://cells.example.org',
    });
    const description = JSON.stringify(describeConfig(config));
    expect(description).not.toContain('a hunter of 2 lions');
    expect(description).not.toContain('lions');
    expect(description).toContain('postgresql://me:***@db/cytograph');
  });
});

describe('.env', () => {
  it('is read where it is, and the environment wins over it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-config-'));
    try {
      expect(await loadInFolder(folder, { PORT: '5002' })).toMatchObject({ defaultModel: 'reference' });
      await writeFile(path.join(folder, '.env'), 'PORT=5001\nDEFAULT_MODEL=mine\n');
      expect(await loadInFolder(folder, { PORT: '5002' })).toMatchObject({
        port: 5002,
        defaultModel: 'mine',
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('has an example that documents every setting with its default', async () => {
    const example = await readFile('.env.example', 'utf8');
    const documented = [...example.matchAll(/^#([A-Z0-9_]+)=(.*)$/gm)].map(
      ([, name = '', value = '']) => [name, value] as const,
    );
    expect(documented.map(([name]) => name).sort()).toEqual([...SETTING_NAMES].sort());
    expect(loadConfig(Object.fromEntries(documented))).toEqual(loadConfig({}));
  });
});

/** In a separate process, because Jest's `process.env` is a copy. */
function loadInFolder(folder: string, env: NodeJS.ProcessEnv): Promise<unknown> {
  const program = `
    import { loadConfig, loadEnvFile } from ${specifier('./config.js', import.meta.url)};
    loadEnvFile('.');
    report(loadConfig(process.env));`;
  return runInProcess(program, { cwd: folder, env });
}
