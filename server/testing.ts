import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { loadConfig } from './config.js';
import { asProcess, createTestDatabase } from './database/testing.js';
import { startServer as start } from './main.js';
import { LENIENT_POLICY } from './promotion-policy-testing.js';

export interface TestServer {
  /** 'http://localhost:41234' */
  url: string;
  /** Connection string of its database as the owner, and the folder of its object store. The server uses another role. */
  databaseUrl: string;
  dataDir: string;
  /** A folder from which the server may ingest files that the test creates. */
  ingestFolder: string;
  admin: { email: string; password: string };
  stop(): Promise<void>;
}

const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };

/**
 * The whole server, as `npm start` runs it, in this process: on a free port, on a fresh database and in a temporary folder,
 * which are deleted when it stops. It starts a worker only if `env` sets WORKER=embedded.
 * Its promotion policy is lenient, and its time limits for classifications and queries are long, unless `env` sets others.
 *
 * @param options.dataDir a folder to keep, for a second start on the same objects
 * @param options.databaseUrl a database to keep
 * @param options.env further settings, such as `{ MAX_UPLOAD_BYTES: '1000' }`; `{ ADMIN_PASSWORD: '' }` makes a one-time password
 */
export async function startServer(
  options: { dataDir?: string; databaseUrl?: string; env?: Record<string, string> } = {},
): Promise<TestServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-server-'));
  const own = options.databaseUrl === undefined ? await createTestDatabase() : { url: options.databaseUrl };
  const databaseUrl = own.url;
  const dataDir = options.dataDir ?? folder;
  const ingestFolder = path.join(folder, 'ingest');
  await mkdir(ingestFolder);
  const config = loadConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: asProcess(databaseUrl),
    INGEST_ROOTS: ingestFolder,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    WORKER: 'external',
    INFERENCE_THREADS: '1',
    PROMOTION_POLICY: JSON.stringify(LENIENT_POLICY),
    // The machine may be busy with other tests, or stand still for a while.
    CLASSIFY_DEADLINE_MS: '600000',
    QUERY_TIME_LIMIT: '120',
    ...options.env,
  });
  const log = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const server = await start(config, log, () => {});
  return {
    url: server.url,
    databaseUrl,
    dataDir,
    ingestFolder,
    admin: { ...ADMIN, password: server.admin.oneTimePassword ?? ADMIN.password },
    stop: async () => {
      await server.stop();
      if ('drop' in own) await own.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
