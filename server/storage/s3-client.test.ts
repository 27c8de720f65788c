import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../config.js';
import { failureOf } from './object-store.contract.js';
import { openS3Client, regionOf } from './s3-client.js';
import { openS3Store } from './s3-store.js';
import { answerListing, startScriptedS3 } from './testing.js';

let folder: string;
const before = process.env;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-s3-client-'));
  const others = Object.entries(before).filter(([name]) => !name.startsWith('AWS_'));
  process.env = {
    ...Object.fromEntries(others),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
});
afterEach(async () => {
  process.env = before;
  await rm(folder, { recursive: true });
});

async function useProfiles(profiles: string): Promise<void> {
  process.env.AWS_CONFIG_FILE = path.join(folder, 'config');
  process.env.AWS_SHARED_CREDENTIALS_FILE = path.join(folder, 'credentials');
  await writeFile(process.env.AWS_CONFIG_FILE, profiles);
}

const PROFILES = `[default]
region = eu-north-1
[profile lab]
region = ap-south-1
endpoint_url = http://minio.test:9000
[profile bare]
output = json
`;

const KEYS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('the region', () => {
  it.each([
    [{}, 'eu-north-1'],
    [{ AWS_PROFILE: 'lab' }, 'ap-south-1'],
    [{ AWS_PROFILE: 'bare' }, 'us-east-1'],
    [{ AWS_PROFILE: 'lab', AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-3'],
    [{ AWS_PROFILE: 'lab', AWS_DEFAULT_REGION: 'eu-west-3', AWS_REGION: 'us-west-2' }, 'us-west-2'],
  ])('with %j is %s', async (env, region) => {
    await useProfiles(PROFILES);
    Object.assign(process.env, env);
    const { s3 } = loadConfig(process.env);
    expect(await regionOf(s3)).toBe(region);
    expect(await openS3Client(s3).config.region()).toBe(region);
  });
});

it('uses the endpoint of the profile unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is set', async () => {
  const s3 = await startScriptedS3({ bucket: (_, response) => answerListing(response, []) });
  try {
    await useProfiles(`[profile lab]\nregion = eu-north-1\nendpoint_url = ${s3.settings.endpoint ?? ''}\n`);
    Object.assign(process.env, { AWS_PROFILE: 'lab', ...KEYS });
    const probe = () => openS3Store('bucket', '', loadConfig(process.env).s3).probeReading();
    await probe();
    expect(s3.requests).toHaveLength(1);
    process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = 'true';
    await failureOf(probe()); // asks Amazon, which does not know these keys, or cannot be reached
    expect(s3.requests).toHaveLength(1);
  } finally {
    await s3.close();
  }
});

it('trusts the certificate authorities in AWS_CA_BUNDLE', async () => {
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', ...names],
    { stdio: 'ignore' },
  );
  const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (_, response) =>
    answerListing(response, []),
  );
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const env = {
    S3_ENDPOINT: `https://localhost:${port}`,
    ...KEYS,
  };
  try {
    const failure = await failureOf(openS3Store('bucket', '', loadConfig(env).s3).probeReading());
    // The full message is tested with s3-failures, because Jest hides the error code from the SDK here.
    expect(failure.message).toContain('certificate');
    await openS3Store('bucket', '', loadConfig({ ...env, AWS_CA_BUNDLE: cert }).s3).probeReading();
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
