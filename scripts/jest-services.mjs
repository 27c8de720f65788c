// Starts what the tests of one kind need, once for all kinds, and tells the tests where it is:
//   TEST_POSTGRES_URL       a Postgres server on which tests create databases of their own (given, or an embedded one)
//   TEST_S3_ENDPOINT, TEST_S3_ACCESS_KEY_ID, TEST_S3_SECRET_ACCESS_KEY
//                           an S3 server (given, or Ceph where its Debian packages are installed); unset: skip
//   TEST_CHROMIUM           the path of the Chromium to launch, headless and without a sandbox (given, or npm's)
import { isInstalled, startCeph } from './ceph-rgw.mjs';
import { prepareChromium } from './chromium.mjs';

const POSTGRES = ['db', 's3', 'e2e', 'browser'];
const S3 = ['s3', 'e2e'];
const started = [];

export default async function startServices(_global, { displayName: { name } }) {
  if (POSTGRES.includes(name) && !process.env.TEST_POSTGRES_URL) {
    const { startTestPostgres } = await import('../dist/server/database/testing.js');
    const postgres = await startTestPostgres();
    process.env.TEST_POSTGRES_URL = postgres.url;
    started.push(postgres);
  }
  if (S3.includes(name) && !process.env.TEST_S3_ENDPOINT && isInstalled()) {
    const ceph = await startCeph();
    process.env.TEST_S3_ENDPOINT = ceph.endpoint;
    process.env.TEST_S3_ACCESS_KEY_ID = ceph.accessKeyId;
    process.env.TEST_S3_SECRET_ACCESS_KEY = ceph.secretAccessKey;
    started.push(ceph);
  }
  if (name === 'browser') process.env.TEST_CHROMIUM ??= await prepareChromium();
}

export async function stopServices() {
  while (started.length > 0) await started.pop().stop();
}
