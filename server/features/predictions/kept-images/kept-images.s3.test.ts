import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { drawSmear } from '../../../imaging/testing.js';
import { startTcpProxy, type TcpProxy } from '../../../outages/testing.js';
import { unavailableOf } from '../../../outages/unavailable-of.js';
import type { Viewer } from '../../../api/context.js';
import { registerRandomChampion } from '../../models/testing.js';
import { classifyBytes } from '../testing.js';
import { describeKeptImages } from './testing.js';

const {
  TEST_S3_ENDPOINT: endpoint,
  TEST_S3_ACCESS_KEY_ID: accessKeyId = '',
  TEST_S3_SECRET_ACCESS_KEY: secretAccessKey = '',
} = process.env;

if (!endpoint) {
  it.skip('S3 (no S3 server: TEST_S3_ENDPOINT is not set, and Ceph is not installed)', () => {});
} else {
  describeKeptImages('an S3 bucket', () => openBucket(endpoint));
  describeOutages(endpoint);
}

async function openBucket(address: string) {
  const bucket = `kept-${randomUUID()}`;
  const s3 = { endpoint: address, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } };
  const client = new S3Client({ ...s3, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { s3, objectStore: `s3://${bucket}/own` };
}

function describeOutages(server: string): void {
  describe('an unreachable S3 server', () => {
    const DEADLINE_MS = 3000;
    let proxy: TcpProxy;
    let services: TestServices;
    let viewer: Viewer;
    let seed = 300;

    beforeAll(async () => {
      proxy = await startTcpProxy(server);
      const config = await openBucket(proxy.through(server).replace(/\/$/, ''));
      services = await openTestServices({ ...config, classifyDeadlineMs: DEADLINE_MS });
      viewer = await services.createViewer();
      await registerRandomChampion(services.contextOf(viewer), { modelName: 'reference' });
      await classify();
    });
    afterEach(() => proxy.heal());
    afterAll(async () => {
      await services.close();
      await proxy.close();
    });

    async function classify(bytes?: Buffer) {
      const image = bytes ?? (await drawSmear({ seed: seed++ }).png().toBuffer());
      const nothing = { modelVersionId: null, modelName: null, fileName: null, caseReference: null };
      await classifyBytes(services.contextOf(viewer), { bytes: image, ...nothing });
      return image;
    }

    test.each([{ kind: 'silence' }, { kind: 'lose' }, { kind: 'reset' }, { kind: 'refuse' }] as const)(
      'is named UNAVAILABLE by the deadline, and answers resume when it is back: $kind',
      async (fault) => {
        const known = await classify();
        await proxy.set(fault);
        const before = await services.database.prediction.count();
        for (const image of [undefined, known]) {
          const begin = performance.now();
          const error = await classify(image).then(
            () => null,
            (thrown: unknown) => thrown,
          );
          expect(unavailableOf(error)).toMatchObject({ dependency: 'object store', outage: 'unreachable' });
          expect(performance.now() - begin).toBeLessThan(DEADLINE_MS + 10_000);
        }
        expect(await services.database.prediction.count()).toBe(before);
        await proxy.heal();
        await classify();
        await classify(known);
      },
      120_000,
    );

    test('fails the probe', async () => {
      await services.store.probe();
      await proxy.set({ kind: 'silence' });
      const gone = AbortSignal.timeout(1000);
      await expect(services.store.probe(gone)).rejects.toMatchObject({ name: 'TimeoutError' });
      await proxy.heal();
      await services.store.probe();
    }, 60_000);
  });
}
