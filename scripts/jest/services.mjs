// Services for the tests. Each is started once for all kinds of tests and announces its address in environment variables. If
// the variables are already set, the service is not started.
import { isInstalled, startCeph } from '../ceph-rgw.mjs';
import { prepareChromium } from '../chromium.mjs';

const started = [];

/** TEST_POSTGRES_URL: a Postgres server on which each test file creates its own database. */
export async function startPostgres() {
  if (process.env.TEST_POSTGRES_URL) return;
  const { startTestPostgres } = await import('../../dist/server/database/testing.js');
  const postgres = await startTestPostgres();
  started.push(postgres);
  process.env.TEST_POSTGRES_URL = postgres.url;
}

/** TEST_S3_ENDPOINT, TEST_S3_ACCESS_KEY_ID, TEST_S3_SECRET_ACCESS_KEY: an S3 server. Not set where Ceph is not installed. */
export async function startS3() {
  if (process.env.TEST_S3_ENDPOINT || !isInstalled()) return;
  const ceph = await startCeph();
  started.push(ceph);
  process.env.TEST_S3_ENDPOINT = ceph.endpoint;
  process.env.TEST_S3_ACCESS_KEY_ID = ceph.accessKeyId;
  process.env.TEST_S3_SECRET_ACCESS_KEY = ceph.secretAccessKey;
}

/** TEST_CHROMIUM: the path of the program that Playwright launches, headless and without a sandbox. */
export async function findChromium() {
  process.env.TEST_CHROMIUM ??= await prepareChromium();
}

export async function stopServices() {
  while (started.length > 0) await started.pop().stop();
}
