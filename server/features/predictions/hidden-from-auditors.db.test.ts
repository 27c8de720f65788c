import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { Role } from '../../api/permissions.js';
import { imageFile, imageThumbnail, originalImageFile } from '../images/image-file.js';
import { registerRandomVersion } from '../models/testing.js';
import { newId } from '../../database/ids.js';
import { evidenceMapImage } from './evidence-map-image.js';

const PREDICTIONS = `query ($filter: PredictionFilter) {
  predictions(filter: $filter) {
    edges { node { label caseReference fileName evidenceMapUrl image { originalUrl } } }
  }
}`;
const BULK = `query ($id: ID!) { bulkClassification(id: $id) { doneCount caseReference } }`;
const SKIPPED = `query ($id: ID!) { bulkClassification(id: $id) { skippedFiles { edges { node { file } } } } }`;
const FAILED = `query ($id: ID!) { bulkClassification(id: $id) { failedFiles { edges { node { file } } } } }`;

let services: TestServices;
const sha256 = 'a'.repeat(64);
const bulkId = newId('bulk');

beforeAll(async () => {
  services = await openTestServices();
  const { database } = services;
  const { id: modelVersionId } = await registerRandomVersion(services, { modelName: 'one', seed: 1 });
  const { id: createdById } = await services.createViewer(Role.ADMIN);
  await database.image.create({
    data: { sha256, width: 8, height: 8, byteSize: 1, mediaType: 'image/png' },
  });
  await database.prediction.create({
    data: {
      ...{ id: newId('pred'), caseReference: 'case 1', fileName: 'Jane Doe.png', imageSha256: sha256 },
      ...{ modelVersionId, outcome: 'CLASSIFIED', label: 'blast', confidence: 1, probabilities: [0, 1] },
      ...{ outOfDistributionScore: 0, evidence: new Uint8Array(8) },
      ...{ decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 1 },
    },
  });
  await database.bulkClassification.create({
    data: {
      ...{ id: bulkId, status: 'SUCCEEDED', source: 'file:/cells', caseReference: 'case 1' },
      ...{ modelVersionId, createdById },
    },
  });
});
afterAll(() => services.close());

test.each([Role.CLINICIAN, Role.ML_ENGINEER, Role.ADMIN])(
  '%s sees case references and file names',
  async (role) => {
    const viewer = await services.createViewer(role);
    const { data } = await services.execute(PREDICTIONS, { filter: { caseReference: 'case 1' } }, viewer);
    expect(data.predictions.edges[0].node).toEqual({
      label: 'blast',
      caseReference: 'case 1',
      fileName: 'Jane Doe.png',
      evidenceMapUrl: expect.stringContaining('evidence.png'),
      image: { originalUrl: role === Role.CLINICIAN ? null : `/files/images/${sha256}/original` },
    });
    const bulk = await services.execute(BULK, { id: bulkId }, viewer);
    expect(bulk.data.bulkClassification).toEqual({ doneCount: 0, caseReference: 'case 1' });
    for (const query of [SKIPPED, FAILED])
      expect((await services.execute(query, { id: bulkId }, viewer)).errors).toEqual([]);
  },
);

test('an auditor sees answers without case references, file names and images', async () => {
  const auditor = await services.createViewer(Role.AUDITOR);
  const { data } = await services.execute(PREDICTIONS, {}, auditor);
  expect(data.predictions.edges.map(({ node }: { node: unknown }) => node)).toEqual([
    {
      ...{ label: 'blast', caseReference: null, fileName: null, evidenceMapUrl: null },
      image: { originalUrl: null },
    },
  ]);
  const bulk = await services.execute(BULK, { id: bulkId }, auditor);
  expect(bulk.data.bulkClassification).toEqual({ doneCount: 0, caseReference: null });

  const refused = [{ code: 'FORBIDDEN' }];
  const byCase = { filter: { caseReference: 'case 1' } };
  expect((await services.execute(PREDICTIONS, byCase, auditor)).errors).toMatchObject(refused);
  for (const search of ['Doe', 'nothing'])
    expect((await services.execute(PREDICTIONS, { filter: { search } }, auditor)).errors).toMatchObject(
      refused,
    );
  for (const query of [SKIPPED, FAILED])
    expect((await services.execute(query, { id: bulkId }, auditor)).errors).toMatchObject(refused);
});

test('files are refused to auditors alike, whether they exist or not; originals to clinicians too', async () => {
  const auditor = services.contextOf(await services.createViewer(Role.AUDITOR));
  const clinician = services.contextOf(await services.createViewer(Role.CLINICIAN));
  for (const key of [sha256, 'b'.repeat(64)]) {
    await expect(imageFile(auditor, key)).rejects.toThrow('To see images');
    await expect(imageThumbnail(auditor, key, 64)).rejects.toThrow('To see images');
    await expect(originalImageFile(auditor, key)).rejects.toThrow('To download original images');
    await expect(originalImageFile(clinician, key)).rejects.toThrow('To download original images');
  }
  await expect(evidenceMapImage(auditor, newId('pred'))).rejects.toThrow('To see images');
  expect(await imageFile(clinician, 'b'.repeat(64))).toBeNull();
});

test('a person who is an auditor and a clinician sees them', async () => {
  const auditor = await services.createViewer(Role.AUDITOR);
  const both = { ...auditor, roles: [Role.AUDITOR, Role.CLINICIAN] };
  const { data } = await services.execute(PREDICTIONS, {}, both);
  expect(data.predictions.edges[0].node).toMatchObject({ fileName: 'Jane Doe.png' });
});
