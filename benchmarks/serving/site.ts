import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { Artifact } from '../../server/artifact/artifact.js';
import { writeArtifact } from '../../server/artifact/artifact-store.js';
import { CloseStack } from '../../server/close-stack.js';
import { loadConfig } from '../../server/config.js';
import { createDatabase, type Database } from '../../server/database/client.js';
import { startEmbeddedPostgres } from '../../server/database/embedded-postgres.js';
import {
  nextVersion,
  registerModelVersion,
} from '../../server/features/models/registration/register-model-version.js';
import { createLog } from '../../server/log.js';
import { artifactPrefix } from '../../server/storage/keys.js';
import type { ObjectStore } from '../../server/storage/object-store.js';
import { openOwnStore } from '../../server/storage/open-object-store.js';
import { ask } from './graphql-client.js';

const CEPH = fileURLToPath(new URL('../../../scripts/ceph-rgw.mjs', import.meta.url));
const BUCKET = 'benchmark';
const MODEL = 'benchmark';
const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };

/** A database, as durable as in production, and an object store for the servers. New ones are deleted when it closes. */
export interface Site {
  /** Environment variables for a server. */
  settings: Record<string, string>;
  database: Database;
  store: ObjectStore;
  /** Process id of the Postgres server. */
  postgresPid(): Promise<number>;
  /** Adds a version to the store and the registry, and returns its id. */
  register(artifact: Artifact): Promise<string>;
  close(): Promise<void>;
}

/** Where a site has its database and its objects, in its folder. */
export const POSTGRES = 'postgres';
export const OBJECTS = 'objects';

/**
 * Opens a site, with its objects in its folder or, given `s3`, in a bucket of a separate Ceph.
 * @param kept a folder that exists and is kept; by default a temporary one
 */
export async function openSite(s3: boolean, kept: string | null = null): Promise<Site> {
  const parts = new CloseStack(createLog('error', process.stderr));
  try {
    const folder = kept ?? (await mkdtemp(path.join(tmpdir(), 'cytograph-bench-')));
    if (kept === null) parts.add(folder, () => rm(folder, { recursive: true, force: true }));
    await chmod(folder, 0o755); // Postgres may run as another user
    const postgres = parts.add(await startEmbeddedPostgres(path.join(folder, POSTGRES)), (it) => it.stop());
    const objects = s3
      ? parts.add(await startCeph(), (it) => it.stop()).settings
      : { OBJECT_STORE: `file:${path.join(folder, OBJECTS)}` };
    const settings = {
      PORT: '0',
      DATA_DIR: folder,
      DATABASE_URL: postgres.url,
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      DEFAULT_MODEL: MODEL,
      WORKER: 'external',
      ...objects,
    };
    const config = loadConfig(settings);
    const database = parts.add(createDatabase(postgres.url), (it) => it.$disconnect());
    const store = parts.add(openOwnStore(config), async (it) => it.close());
    return {
      settings,
      database,
      store,
      postgresPid: () => postmasterOf(database),
      register: (artifact) => register(database, store, artifact),
      close: () => parts.close(),
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

/** Creates an API token of the administrator, as a program would use it. */
export async function createToken(url: string): Promise<string> {
  const { cookie } = await ask(
    url,
    {},
    'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { viewer { id } } }',
    ADMIN,
  );
  const { data } = await ask(
    url,
    { cookie },
    `mutation { createApiToken(input: { name: "benchmark", scopes: [READ_HISTORY, CLASSIFY, PROMOTE, ADMINISTER] }) { secret } }`,
    {},
  );
  return z.object({ createApiToken: z.object({ secret: z.string() }) }).parse(data).createApiToken.secret;
}

/** Promotes a version to champion through the API, including the gates. */
export async function promote(url: string, token: string, modelVersionId: string): Promise<void> {
  const input = { modelVersionId, alias: 'CHAMPION', reason: 'To be measured.', overrideGates: true };
  const { data } = await ask(
    url,
    { authorization: `Bearer ${token}` },
    'mutation ($input: PromoteModelVersionInput!) { promoteModelVersion(input: $input) { userErrors { message } } }',
    { input },
  );
  const Answer = z.object({
    promoteModelVersion: z.object({ userErrors: z.array(z.object({ message: z.string() })) }),
  });
  const [refusal] = Answer.parse(data).promoteModelVersion.userErrors;
  if (refusal) throw new Error(`The promotion was refused: ${refusal.message}`);
}

async function register(database: Database, store: ObjectStore, artifact: Artifact): Promise<string> {
  const { manifest, digest } = artifact;
  const { id } = await database.$transaction(async (tx) => {
    const version = await nextVersion(tx, store, MODEL);
    await writeArtifact(store, artifactPrefix(MODEL, version), artifact);
    const modelCard = '# Random weights, for measuring';
    return registerModelVersion(tx, { modelName: MODEL, version, manifest, digest, modelCard });
  });
  return id;
}

/** The parent of the process that answers this connection. */
async function postmasterOf(database: Database): Promise<number> {
  const [row] = await database.$queryRaw<{ file: string }[]>`SELECT pg_read_file('postmaster.pid') AS file`;
  return Number(row?.file.split('\n')[0]);
}

export async function startCeph(): Promise<{ settings: Record<string, string>; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [CEPH, 'run'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const { endpoint, accessKeyId, secretAccessKey } = z
      .object({ endpoint: z.string(), accessKeyId: z.string(), secretAccessKey: z.string() })
      .parse(JSON.parse(line));
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    client.destroy();
    const settings = {
      OBJECT_STORE: `s3://${BUCKET}/objects`,
      S3_ENDPOINT: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    return { settings, stop };
  }
  throw new Error('Ceph did not start; see its output above.');
}
