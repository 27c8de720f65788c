import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Viewer } from '../../api/context.js';
import type { S3Settings } from '../../config.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawDemoCells } from '../../imaging/demo-cells.js';
import { openObjectStore } from '../../storage/open-object-store.js';
import { registerRandomChampion } from '../models/testing.js';
import { classifyFolder } from './classify-folder.js';
import { runBulkClassification } from './run-bulk-classification.js';

const {
  TEST_S3_ENDPOINT: endpoint,
  TEST_S3_ACCESS_KEY_ID: accessKeyId = '',
  TEST_S3_SECRET_ACCESS_KEY: secretAccessKey = '',
} = process.env;

if (!endpoint) {
  it.skip('S3 (no S3 server: TEST_S3_ENDPOINT is not set, and Ceph is not installed)', () => {});
} else {
  describeBulk({ endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } });
}

function describeBulk(s3: S3Settings): void {
  describe('a bulk classification of an S3 bucket', () => {
    const bucket = `bulk-${randomUUID()}`;
    let services: TestServices;
    let viewer: Viewer;

    beforeAll(async () => {
      const client = new S3Client({
        endpoint: s3.endpoint ?? undefined,
        region: s3.region ?? undefined,
        credentials: s3.credentials ?? undefined,
        forcePathStyle: true,
      });
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      client.destroy();
      services = await openTestServices({ s3, objectStore: `s3://${bucket}/own` });
      viewer = await services.createViewer();
      await registerRandomChampion(services.contextOf(viewer));
      const source = openObjectStore(`s3://${bucket}/cells`, s3);
      for await (const { key, bytes } of drawDemoCells({ count: 12, seed: 1, size: 48 }))
        await source.put(key, bytes);
      await source.put('empty.png', new Uint8Array());
      source.close();
    });
    afterAll(() => services.close());

    const begin = async () =>
      (await classifyFolder(services.contextOf(viewer), { source: `s3://${bucket}/cells/` }))
        .bulkClassification;

    async function carryOut(id: string, attempt: number, settings = s3) {
      const config = { ...services.config, s3: settings };
      const signal = new AbortController().signal;
      await runBulkClassification({ ...services, config, threads: 1 }, id, {
        signal,
        attempt,
      });
    }

    it('answers every image below the prefix', async () => {
      const { id, source } = await begin();
      expect(source).toBe(`s3://${bucket}/cells`);
      await carryOut(id, 1);
      const bulk = await services.database.bulkClassification.findUniqueOrThrow({
        where: { id },
        include: { items: true },
      });
      expect(bulk).toMatchObject({ status: 'SUCCEEDED', itemCount: 13, doneCount: 12, failedCount: 1 });
      expect(bulk.items.filter(({ error }) => error !== null).map(({ key }) => key)).toEqual(['empty.png']);
    });

    it('is tried again when the store is out of reach, and in the end is FAILED with what to do', async () => {
      const { id } = await begin();
      const wrong = { ...s3, credentials: { accessKeyId, secretAccessKey: 'wrong' } };
      await expect(carryOut(id, 1, wrong)).rejects.toThrow();
      const { database } = services;
      expect(await database.bulkClassification.findUnique({ where: { id } })).toMatchObject({
        status: 'RUNNING',
      });
      await carryOut(id, 3, wrong);
      expect(await database.bulkClassification.findUnique({ where: { id } })).toMatchObject({
        status: 'FAILED',
        error: expect.stringContaining('AWS_SECRET_ACCESS_KEY'),
      });
    });
  });
}
