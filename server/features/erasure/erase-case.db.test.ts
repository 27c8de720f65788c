import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { sha256 } from '../../artifact/artifact.js';
import { newId } from '../../database/ids.js';
import type { AppContext } from '../../graphql/app-services.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { imageKey } from '../../storage/keys.js';
import { ObjectStoreError } from '../../storage/object-store.js';
import { openObjectStore } from '../../storage/open-object-store.js';
import { sealEvents } from '../audit-trail/seal-events.js';
import { verifyChain } from '../audit-trail/verify-chain.js';
import { runBulkClassification } from '../bulk/run-bulk-classification.js';
import { ingestImages } from '../datasets/ingest-images.js';
import { imageFile } from '../images/image-file.js';
import { registerRandomChampion, registerRandomVersion } from '../models/testing.js';
import { evidenceMapImage } from '../predictions/evidence-map-image.js';
import { createPredictionServices } from '../predictions/prediction-services.js';
import { classifyBytes } from '../predictions/testing.js';
import { deleteErasedImages, deleteIfErased } from './delete-erased-images.js';

const REASON = 'The patient has withdrawn consent.';

let services: TestServices;
let admin: Viewer;
let challenger: { id: string };
let seed = 1;

beforeAll(async () => {
  services = await openTestServices();
  admin = await services.createViewer();
  await registerRandomChampion(services.contextOf(admin), { modelName: 'reference' });
  challenger = await registerRandomVersion(services, { modelName: 'other' });
});
afterAll(() => services.close());

const newCase = () => `case ${seed++}-${newId('run').slice(-6)}`;
const newImage = () => drawSmear({ seed: seed++, width: 48, height: 48 }).png().toBuffer();

function classify(
  bytes: Uint8Array,
  caseReference: string | null,
  context: AppContext = services.contextOf(admin),
) {
  const target = { modelName: null, modelVersionId: null };
  return classifyBytes(context, { bytes, fileName: `${caseReference} smear.png`, caseReference, ...target });
}

const contents = `predictionCount reviewCount bulkClassificationCount unfinishedBulkClassificationCount imageCount
  sharedImageCount datasetSnapshots { id }`;

async function preview(caseReference: string) {
  const query = `query ($caseReference: String!) { caseContents(caseReference: $caseReference) { ${contents} } }`;
  const { data, errors } = await services.execute(query, { caseReference }, admin);
  expect(errors).toEqual([]);
  return data.caseContents;
}

async function erase(caseReference: string, reason = REASON) {
  const { data, errors } = await services.execute(
    `mutation ($input: EraseCaseInput!) {
      eraseCase(input: $input) { erasure { auditEventId contents { ${contents} } } userErrors { code message field } }
    }`,
    { input: { caseReference, reason } },
    admin,
  );
  expect(errors).toEqual([]);
  return data.eraseCase;
}

const deleteObjects = (store = services.store) =>
  deleteErasedImages({ database: services.database, store }, new AbortController().signal);

/** The tables that have a text anywhere. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await services.database.$queryRaw<{ name: string }[]>`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`;
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await services.database.$queryRawUnsafe<unknown[]>(
      `SELECT FROM ${name} AS t WHERE strpos(t::text, $1) > 0 LIMIT 1`,
      text,
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}

async function chainFaults() {
  const { publicKey } = generateKeyPairSync('ed25519');
  await sealEvents(services.database);
  const faults: unknown[] = [];
  await verifyChain(services, {
    publicKeys: [publicKey],
    onFault: (fault) => faults.push(fault),
    onProgress: () => {},
    signal: new AbortController().signal,
  });
  return faults;
}

test('removes every trace of a case except digests and the record of the erasure, and the audit trail stays intact', async () => {
  const caseReference = newCase();
  const [image, folderImage] = [await newImage(), await newImage()];
  const prediction = await classify(image, caseReference);
  await services.database.shadowAnswer.create({
    data: {
      ...{
        predictionId: prediction.id,
        modelVersionId: challenger.id,
        outcome: 'CLASSIFIED',
        label: 'blast',
      },
      ...{ probability: 0.9, agrees: true },
    },
  });
  const comment = `Seen again with the family of ${caseReference}`;
  const review = await services.execute(
    `mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }`,
    { input: { predictionId: prediction.id, label: prediction.label, comment } },
    admin,
  );
  expect(review.data.reviewPrediction.userErrors).toEqual([]);
  const folder = path.join(services.config.ingestRoots[0] ?? '', caseReference);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${caseReference}.png`), folderImage);
  await writeFile(path.join(folder, 'broken.png'), 'no image');
  const begun = await services.execute(
    `mutation ($input: ClassifyFolderInput!) { classifyFolder(input: $input) { bulkClassification { id } } }`,
    { input: { source: `file:${folder}`, caseReference } },
    admin,
  );
  const bulkId = begun.data.classifyFolder.bulkClassification.id;

  expect(await preview(caseReference)).toMatchObject({ unfinishedBulkClassificationCount: 1 });
  expect(await erase(caseReference)).toMatchObject({
    erasure: null,
    userErrors: [{ code: 'CONFLICT', message: expect.stringContaining(bulkId) }],
  });
  const attempt = { signal: new AbortController().signal, attempt: 1 };
  await runBulkClassification({ ...services, threads: 1 }, bulkId, attempt);

  await services.execute(
    'query ($c: String) { predictions(filter: { caseReference: $c }) { totalCount } }',
    { c: caseReference },
    admin,
  );
  await services.accesses.flush();
  expect(await evidenceMapImage(services.contextOf(admin), prediction.id)).not.toBeNull();
  const expected = {
    ...{
      predictionCount: 2,
      reviewCount: 1,
      bulkClassificationCount: 1,
      unfinishedBulkClassificationCount: 0,
    },
    ...{ imageCount: 2, sharedImageCount: 0, datasetSnapshots: [] },
  };
  expect(await preview(caseReference)).toEqual(expected);
  expect(await tablesWith(caseReference)).toEqual(
    expect.arrayContaining([
      'public."Prediction"',
      'public."Review"',
      'public."BulkItem"',
      'public."CaseKey"',
    ]),
  );

  const { erasure, userErrors } = await erase(caseReference);
  expect(userErrors).toEqual([]);
  expect(erasure.contents).toEqual(expected);
  await deleteObjects();
  await services.accesses.flush();

  expect(await tablesWith(caseReference)).toEqual([]);
  expect(await tablesWith(prediction.id)).toEqual(['public."AuditEvent"', 'public."PredictionChange"']);
  for (const bytes of [image, folderImage]) {
    expect(await services.store.stat(imageKey(sha256(bytes)))).toBeNull();
    expect(await imageFile(services.contextOf(admin), sha256(bytes))).toBeNull();
  }
  expect(await evidenceMapImage(services.contextOf(admin), prediction.id)).toBeNull(); // was in the cache
  const left = await services.execute(
    `query ($id: ID!, $bulk: ID!, $c: String) {
      prediction(id: $id) { id } node(id: $id) { id }
      predictions(filter: { caseReference: $c }) { totalCount edges { node { id } } }
      bulkClassification(id: $bulk) { status source caseReference doneCount itemCount erasedAt predictions { totalCount edges { node { id } } } skippedFiles { totalCount } }
    }`,
    { id: prediction.id, bulk: bulkId, c: caseReference },
    admin,
  );
  expect(left).toMatchObject({
    errors: [],
    data: {
      ...{ prediction: null, node: null, predictions: { totalCount: 0, edges: [] } },
      bulkClassification: {
        ...{ status: 'SUCCEEDED', source: '', caseReference: null, doneCount: 0, itemCount: 0 },
        ...{
          erasedAt: expect.any(String),
          predictions: { totalCount: 0, edges: [] },
          skippedFiles: { totalCount: 0 },
        },
      },
    },
  });
  const event = await services.database.auditEvent.findUniqueOrThrow({ where: { id: erasure.auditEventId } });
  expect(event).toMatchObject({ action: 'CASE_ERASED', outcome: 'success', actorId: admin.id });
  expect(event.detail).toBe(
    `Erased: predictions: 2, reviews: 1, fields: 0, bulk classifications: 1, images: 2. Reason: ${REASON}`,
  );
  const earlier = await services.database.auditEvent.findMany({
    where: { casePseudonym: event.casePseudonym },
  });
  expect(earlier.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['BULK_CLASSIFICATION_STARTED', 'CASE_SEARCHED', 'CASE_ERASED']),
  );
  expect(await chainFaults()).toEqual([]);
  expect(await erase(caseReference)).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] });
});

test('keeps images that others use, and their predictions with outcome and evidence map', async () => {
  const [caseReference, other] = [newCase(), newCase()];
  const [repeated, inDataset, own] = [await newImage(), await newImage(), await newImage()];
  const first = await classify(repeated, caseReference);
  await classify(repeated, caseReference);
  const repeats = [await classify(repeated, other), await classify(repeated, null)];
  expect(repeats.map(({ repeatOfId }) => repeatOfId)).toEqual([first.id, first.id]);
  await classify(inDataset, caseReference);
  await classify(own, caseReference);
  const snapshot = await services.database.datasetSnapshot.create({
    data: { id: newId('snap'), name: 'kept', version: 1, status: 'INGESTING', source: 's3://bucket/kept' },
  });
  await services.database.datasetItem.create({
    data: { snapshotId: snapshot.id, key: 'blast/a.png', label: 'blast', imageSha256: sha256(inDataset) },
  });
  const mapBefore = await evidenceMapImage(services.contextOf(admin), repeats[1]?.id ?? '');

  const { erasure } = await erase(caseReference);
  expect(erasure.contents).toEqual({
    ...{
      predictionCount: 4,
      reviewCount: 0,
      bulkClassificationCount: 0,
      unfinishedBulkClassificationCount: 0,
    },
    ...{ imageCount: 1, sharedImageCount: 2, datasetSnapshots: [{ id: snapshot.id }] },
  });
  await deleteObjects();

  const stored = await Promise.all(
    [repeated, inDataset, own].map(
      async (bytes) => (await services.store.stat(imageKey(sha256(bytes)))) !== null,
    ),
  );
  expect(stored).toEqual([true, true, false]);
  const [heir, next] = await Promise.all(
    repeats.map(({ id }) => services.database.prediction.findUniqueOrThrow({ where: { id } })),
  );
  expect(heir).toMatchObject({ repeatOfId: null, label: first.label, confidence: first.confidence });
  expect(next).toMatchObject({ repeatOfId: heir?.id, evidence: null });
  for (const { id } of repeats)
    expect(await evidenceMapImage(services.contextOf(admin), id)).toEqual(mapBefore);
  expect((await classify(repeated, other)).repeatOfId).toBe(heir?.id);
});

test('an image that is sent again before or after its object is deleted is stored and answered', async () => {
  const image = await newImage();
  for (const isDeleted of [false, true]) {
    const caseReference = newCase();
    await classify(image, caseReference);
    await erase(caseReference);
    if (isDeleted) await deleteObjects();
    const again = await classify(image, newCase());
    expect(again.repeatOfId).toBeNull();
    await deleteObjects();
    expect(await imageFile(services.contextOf(admin), sha256(image))).not.toBeNull();
    expect((await services.store.get(imageKey(sha256(image)))).equals(image)).toBe(true);
    const { caseReference: last } = again;
    await erase(last ?? '');
  }
});

test('a server that still remembers an erased answer answers again', async () => {
  const silent = { ...services.events, on: () => () => undefined, onReconnect: () => () => undefined };
  const forgetful: AppContext = {
    ...services.contextOf(admin),
    ...createPredictionServices({ ...services, events: silent }),
  };
  const image = await newImage();
  const caseReference = newCase();
  const first = await classify(image, caseReference, forgetful);
  await erase(caseReference);
  await deleteObjects();
  const again = await classify(image, null, forgetful);
  expect(again).toMatchObject({ repeatOfId: null, label: first.label, caseReference: null });
  expect(await imageFile(services.contextOf(admin), sha256(image))).not.toBeNull();
});

test('erasing while the same images are being sent loses no answered image', async () => {
  const images = await Promise.all(Array.from({ length: 6 }, newImage));
  const caseReference = newCase();
  for (const image of images) await classify(image, caseReference);
  const sending = Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const image of images) await classify(image, null);
    }),
  );
  const [{ erasure }] = await Promise.all([erase(caseReference), deleteObjects(), sending]);
  expect(erasure.contents.predictionCount).toBe(images.length);
  await deleteObjects();
  for (const image of images) {
    expect((await services.store.get(imageKey(sha256(image)))).equals(image)).toBe(true);
    const predictions = await services.database.prediction.findMany({
      where: { imageSha256: sha256(image) },
    });
    expect(predictions).toHaveLength(4);
    expect(predictions.filter(({ repeatOfId }) => repeatOfId === null).length).toBeGreaterThan(0);
  }
});

test('an erased image can be ingested into a dataset', async () => {
  const image = await newImage();
  const caseReference = newCase();
  await classify(image, caseReference);
  await erase(caseReference);
  const folder = path.join(services.config.ingestRoots[0] ?? '', newId('snap'));
  await mkdir(path.join(folder, 'blast'), { recursive: true });
  await writeFile(path.join(folder, 'blast/a.png'), image);
  const source = `file:${folder}`;
  const { id } = await services.database.datasetSnapshot.create({
    data: { id: newId('snap'), name: 'again', version: 1, status: 'INGESTING', source },
  });
  const ingestion = { id, source, classes: null, groupsCsv: null, candidateCount: 1, groups: null };
  await ingestImages(
    services,
    openObjectStore(source, services.config.s3),
    ingestion,
    new AbortController().signal,
  );
  await deleteObjects();
  expect((await services.store.get(imageKey(sha256(image)))).equals(image)).toBe(true);
});

test('if the object store fails, the rows are erased and the job deletes the objects later', async () => {
  const images = [await newImage(), await newImage()];
  const caseReference = newCase();
  for (const image of images) await classify(image, caseReference);
  await erase(caseReference);
  let deletions = 0;
  const failing = new Proxy(services.store, {
    get: (target, name) =>
      name === 'delete'
        ? (key: string) => {
            if (++deletions > 1) throw new ObjectStoreError('UNREACHABLE', 'The store is unreachable.');
            return target.delete(key);
          }
        : (Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name)),
  });
  await expect(deleteObjects(failing)).rejects.toThrow('unreachable');
  const waiting = () => services.database.erasedImage.count({ where: { deletedAt: null } });
  expect(await waiting()).toBe(1);
  const [job] = await services.database.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) FROM graphile_worker.jobs WHERE task_identifier = 'delete-erased-images'`;
  expect(job?.count).toBe(1n); // one for all erasures so far
  await deleteObjects();
  expect(await waiting()).toBe(0);
  for (const image of images) expect(await services.store.stat(imageKey(sha256(image)))).toBeNull();
});

test.each([
  ['an empty case reference', ' ', REASON, 'INVALID', ['input', 'caseReference']],
  ['a case that nothing is recorded about', 'nobody', REASON, 'NOT_FOUND', ['input', 'caseReference']],
  ['a short reason', 'nobody', 'because', 'INVALID', ['input', 'reason']],
  [
    'a reason that names the case',
    'Smith, J.',
    'Requested by smith/j. in writing',
    'INVALID',
    ['input', 'reason'],
  ],
])('refuses %s', async (_, caseReference, reason, code, field) => {
  expect(await erase(caseReference, reason)).toMatchObject({ erasure: null, userErrors: [{ code, field }] });
});

test('an object that a rotation of keys has stored again is deleted again if its image was erased', async () => {
  const caseReference = newCase();
  const [erased, other] = [await newImage(), await newImage()];
  await classify(erased, caseReference);
  await classify(other, null);
  await erase(caseReference);
  await deleteObjects();
  const rewrite = async (bytes: Buffer) => {
    await services.store.put(imageKey(sha256(bytes)), bytes);
    await deleteIfErased(services, sha256(bytes), new AbortController().signal);
    return services.store.stat(imageKey(sha256(bytes)));
  };
  expect(await rewrite(erased)).toBeNull();
  expect(await rewrite(other)).not.toBeNull();
});

test('the row of an erased image is refused until its bytes are stored again', async () => {
  const image = await newImage();
  const caseReference = newCase();
  await classify(image, caseReference);
  const row = await services.database.image.findUniqueOrThrow({ where: { sha256: sha256(image) } });
  await erase(caseReference);
  await expect(
    services.database.$executeRaw`
      INSERT INTO "Image" (sha256, width, height, "byteSize", "mediaType")
      VALUES (${row.sha256}, ${row.width}, ${row.height}, ${row.byteSize}, ${row.mediaType})`,
  ).rejects.toThrow('was erased');
});

test('a search for a case that does not exist keeps no key with its reference', async () => {
  const caseReference = newCase();
  expect(await preview(caseReference)).toMatchObject({ predictionCount: 0, imageCount: 0 });
  await services.accesses.flush();
  expect(await tablesWith(caseReference)).toEqual([]);
});

test('a review of an erased prediction is refused', async () => {
  const caseReference = newCase();
  const { id, label } = await classify(await newImage(), caseReference);
  await erase(caseReference);
  const { data, errors } = await services.execute(
    `mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { code } } }`,
    { input: { predictionId: id, label } },
    admin,
  );
  expect({ errors, data }).toEqual({
    errors: [],
    data: { reviewPrediction: { userErrors: [{ code: 'NOT_FOUND' }] } },
  });
});

test('a case is erased for administrators only', async () => {
  const engineer = await services.createViewer(Role.ML_ENGINEER);
  const caseReference = newCase();
  await classify(await newImage(), caseReference);
  const { errors } = await services.execute(
    `mutation ($input: EraseCaseInput!) { eraseCase(input: $input) { userErrors { code } } }`,
    { input: { caseReference, reason: REASON } },
    engineer,
  );
  expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  expect(await preview(caseReference)).toMatchObject({ predictionCount: 1 });
});
