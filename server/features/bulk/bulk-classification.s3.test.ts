import type { Viewer } from '../../api/context.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawDemoCells } from '../../imaging/demo-cells.js';
import { createBucket, describeWithS3, removeBucket, withWrongSecret } from '../../storage/testing-s3.js';
import { openObjectStore } from '../../storage/open-object-store.js';
import { registerRandomChampion } from '../models/testing.js';
import { classifyFolder } from './classify-folder.js';
import { runBulkClassification } from './run-bulk-classification.js';

describeWithS3('a bulk classification of an S3 bucket', (s3) => {
  let bucket: string;
  let services: TestServices;
  let viewer: Viewer;

  beforeAll(async () => {
    bucket = await createBucket(s3);
    services = await openTestServices({
      s3,
      objectStore: `s3://${bucket}/own`,
      ingestBuckets: [`${bucket}/cells`],
    });
    viewer = await services.createViewer();
    await registerRandomChampion(services.contextOf(viewer));
    const source = openObjectStore(`s3://${bucket}/cells`, s3);
    for await (const { key, bytes } of drawDemoCells({ count: 12, seed: 1, size: 48 }))
      await source.put(key, bytes);
    await source.put('empty.png', new Uint8Array());
    source.close();
  });
  afterAll(async () => {
    await services.close();
    await removeBucket(s3, bucket);
  });

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

  it('is tried again while the store is unreachable, and finally is FAILED with a message that says what to do', async () => {
    const { id } = await begin();
    const wrong = withWrongSecret(s3);
    await expect(carryOut(id, 1, wrong)).rejects.toThrow('AWS_SECRET_ACCESS_KEY');
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
