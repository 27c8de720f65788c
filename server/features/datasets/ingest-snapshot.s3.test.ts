import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Viewer } from '../../api/context.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { writeDemoCells } from '../../imaging/demo-cells.js';
import { imageKey, snapshotManifestKey } from '../../storage/keys.js';
import { createBucket, describeWithS3, removeBucket, withWrongSecret } from '../../storage/testing-s3.js';
import { openObjectStore } from '../../storage/open-object-store.js';
import { createDatasetSnapshot } from './create-dataset-snapshot.js';
import { ingestSnapshot } from './ingest-snapshot.js';
import type { CreateDatasetSnapshotInput } from './types.js';

describeWithS3('a snapshot of an S3 bucket', (s3) => {
  let bucket: string;
  let services: TestServices;
  let viewer: Viewer;
  let folder: string;

  beforeAll(async () => {
    bucket = await createBucket(s3);
    services = await openTestServices({
      s3,
      objectStore: `s3://${bucket}/own`,
      ingestBuckets: [`${bucket}/source`, `${bucket}/nothing`, 'no-such-bucket-here'],
    });
    viewer = await services.createViewer();

    folder = path.join(services.config.ingestRoots[0] ?? '', 'cells');
    await writeDemoCells(folder, { count: 20, seed: 1, size: 64, patients: 4 });
    const [files, source] = [`file:${folder}`, `s3://${bucket}/source/cells`].map((uri) =>
      openObjectStore(uri, s3),
    );
    if (!files || !source) throw new Error('no stores');
    for await (const { key } of files.list('')) await source.put(key, await readFile(path.join(folder, key)));
    // A prefix that starts with the same characters is another source.
    const neighbour = openObjectStore(`s3://${bucket}/source/cells-other`, s3);
    await neighbour.put('blast/x.jpg', new Uint8Array([1]));
  });
  afterAll(async () => {
    await services.close();
    await removeBucket(s3, bucket);
  });

  async function create(input: Partial<CreateDatasetSnapshotInput>, settings = s3) {
    const context = { ...services, config: { ...services.config, s3: settings } };
    const whole = { name: 'cells', source: `s3://${bucket}/source/cells/`, ...input };
    return createDatasetSnapshot({ ...services.contextOf(viewer), ...context }, whole);
  }
  async function ingest(id: string, settings = s3) {
    const { database } = services;
    const config = { ...services.config, s3: settings };
    const attempt = { signal: new AbortController().signal, attempt: 3 };
    await ingestSnapshot({ ...services, config }, id, attempt);
    return database.datasetSnapshot.findUniqueOrThrow({
      where: { id },
      include: { findings: true, items: true },
    });
  }

  it('has the digest of the same files in a folder, and its images in the store', async () => {
    const { datasetSnapshot } = await create({ groupsCsv: 'groups.csv' });
    expect(datasetSnapshot.source).toBe(`s3://${bucket}/source/cells`);
    const snapshot = await ingest(datasetSnapshot.id);
    expect(snapshot).toMatchObject({ status: 'READY', itemCount: 20 });
    expect(snapshot.findings.filter(({ severity }) => severity !== 'INFO')).toEqual([]);
    for (const { imageSha256 } of snapshot.items) {
      expect(await services.store.stat(imageKey(imageSha256))).not.toBeNull();
    }
    expect(await services.store.stat(snapshotManifestKey(snapshot.digest ?? ''))).not.toBeNull();

    const ofFolder = await create({ name: 'folder', source: `file:${folder}`, groupsCsv: 'groups.csv' });
    expect((await ingest(ofFolder.datasetSnapshot.id)).digest).toBe(snapshot.digest);
  });

  it('ingests only the folders of the class mapping', async () => {
    const classes = [
      { folder: 'cells/blast', label: 'leukaemic' },
      { folder: 'cells/lymphocyte', label: 'normal' },
    ];
    const { datasetSnapshot } = await create({ source: `s3://${bucket}/source`, classes });
    const snapshot = await ingest(datasetSnapshot.id);
    expect(snapshot).toMatchObject({ status: 'READY', itemCount: 20 });
    expect(new Set(snapshot.items.map(({ label }) => label))).toEqual(new Set(['leukaemic', 'normal']));
  });

  it('of an empty prefix is REJECTED with a finding that names it', async () => {
    const { datasetSnapshot } = await create({ source: `s3://${bucket}/nothing/here` });
    const { status, findings } = await ingest(datasetSnapshot.id);
    expect(status).toBe('REJECTED');
    expect(findings).toMatchObject([
      {
        check: 'empty-source',
        severity: 'ERROR',
        message: expect.stringContaining(`s3://${bucket}/nothing/here`),
      },
    ]);
  });

  it('is not created if there is no such bucket', async () => {
    await expect(create({ source: 's3://no-such-bucket-here/cells' })).rejects.toMatchObject({
      errors: [
        {
          code: 'NOT_FOUND',
          field: ['input', 'source'],
          message: expect.stringContaining('no-such-bucket'),
        },
      ],
    });
  });

  it('is not created with wrong credentials', async () => {
    const wrong = withWrongSecret(s3);
    await expect(create({}, wrong)).rejects.toMatchObject({
      errors: [{ code: 'INVALID', message: expect.stringContaining('AWS_SECRET_ACCESS_KEY') }],
    });
  });

  it('is FAILED with advice when the credentials stop working', async () => {
    const { datasetSnapshot } = await create({});
    const wrong = withWrongSecret(s3);
    const { status, findings, digest } = await ingest(datasetSnapshot.id, wrong);
    expect([status, digest]).toEqual(['FAILED', null]);
    expect(findings).toMatchObject([{ message: expect.stringContaining('AWS_SECRET_ACCESS_KEY') }]);
  });
});
