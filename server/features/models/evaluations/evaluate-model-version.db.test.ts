import { describeTrainingData } from '../../../artifact/training-data.js';
import type { TrainingData } from '../../../artifact/manifest.js';
import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { pseudonymOf } from '../../audit/case-pseudonym.js';
import { createSnapshot as createSnapshotIn, digestOf, type TestItem } from '../../datasets/testing.js';
import { digestOfItems } from '../../datasets/snapshot-manifest.js';
import { registerRandomVersion } from '../testing.js';

const EVALUATE = `mutation ($input: EvaluateModelVersionInput!) {
  evaluateModelVersion(input: $input) {
    evaluation { id status error overlap split itemCount groupCount auc { estimate } confusionMatrix { count }
      modelVersion { id } datasetSnapshot { id } }
    userErrors { code field message }
  }
}`;

let services: TestServices;
let engineer: Viewer;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
});
afterAll(() => services.close());

const createSnapshot = (...parameters: DropFirst<Parameters<typeof createSnapshotIn>>) =>
  createSnapshotIn(services.database, ...parameters);
type DropFirst<List> = List extends [unknown, ...infer Others] ? Others : never;

/** Registers a version whose manifest states this digest as its training snapshot. */
async function createVersion(
  snapshotDigest: string | null,
  trainingData?: TrainingData | null,
): Promise<string> {
  const provenance = {
    snapshotDigest,
    ...(trainingData ? { trainingData } : {}),
    seed: 1,
    parameters: {},
    codeRevision: null,
    libraries: {},
  };
  const { id } = await registerRandomVersion(services, { manifest: { provenance } });
  return id;
}

async function evaluate(modelVersionId: string, datasetSnapshotId: string, viewer: Viewer | null = engineer) {
  const input = { modelVersionId, datasetSnapshotId };
  const { data, errors } = await services.execute(EVALUATE, { input }, viewer);
  return { ...data?.evaluateModelVersion, errors };
}

test('queues an evaluation with its job and its audit event', async () => {
  const training = await createSnapshot([{ image: 'a', group: 'one' }]);
  const snapshot = await createSnapshot([{ image: 'b', group: 'one' }]);
  const version = await createVersion(training.digest);
  const { evaluation, userErrors } = await evaluate(version, snapshot.id);

  expect(userErrors).toEqual([]);
  expect(evaluation).toMatchObject({
    status: 'QUEUED',
    error: null,
    split: null,
    itemCount: 0,
    groupCount: null,
    auc: null,
    confusionMatrix: [],
    modelVersion: { id: version },
    datasetSnapshot: { id: snapshot.id },
  });
  const jobs = await services.database.$queryRaw`
    SELECT job.payload FROM graphile_worker._private_jobs AS job
    JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id WHERE task.identifier = 'evaluate'`;
  expect(jobs).toEqual([{ payload: { evaluationId: evaluation.id } }]);
  const events = await services.database.auditEvent.findMany({ where: { entityId: evaluation.id } });
  expect(events).toMatchObject([{ action: 'MODEL_EVALUATION_STARTED', actorId: engineer.id }]);

  const again = await evaluate(version, snapshot.id);
  expect(again.userErrors).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining(evaluation.id) },
  ]);
  await services.database.evaluation.update({ where: { id: evaluation.id }, data: { status: 'FAILED' } });
  expect((await evaluate(version, snapshot.id)).userErrors).toEqual([]);
});

test('only viewers who may evaluate models can evaluate', async () => {
  const snapshot = await createSnapshot([{ image: 'b' }]);
  const version = await createVersion(null);
  expect((await evaluate(version, snapshot.id, null)).errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
  const clinician = await services.createViewer(Role.CLINICIAN);
  expect((await evaluate(version, snapshot.id, clinician)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
});

test('a missing, unready or differently labelled snapshot or version is a user error', async () => {
  const { id } = await createSnapshot([{ image: 'b' }]);
  const version = await createVersion(null);
  const refused = async (versionId: string, snapshotId: string) =>
    (await evaluate(versionId, snapshotId)).userErrors;
  const snapshotField = ['input', 'datasetSnapshotId'];

  expect(await refused(`mver_${'0'.repeat(32)}`, id)).toMatchObject([
    { code: 'NOT_FOUND', field: ['input', 'modelVersionId'] },
  ]);
  expect(await refused(version, `snap_${'0'.repeat(32)}`)).toMatchObject([
    { code: 'NOT_FOUND', field: snapshotField },
  ]);
  const rejected = await createSnapshot([{ image: 'b' }], { status: 'REJECTED' });
  expect(await refused(version, rejected.id)).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining('is rejected') },
  ]);
  const foreign = await createSnapshot([{ image: 'b', label: 'myeloblast' }]);
  expect(await refused(version, foreign.id)).toMatchObject([
    { code: 'INVALID', field: snapshotField, message: expect.stringContaining("'myeloblast'") },
  ]);
  const archived = await createVersion(null);
  await services.database.modelVersion.update({ where: { id: archived }, data: { status: 'ARCHIVED' } });
  expect(await refused(archived, id)).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining('is archived') },
  ]);
});

describe('overlap with the training data', () => {
  const trainingItems: TestItem[] = [
    { image: 'a1', group: 'anna' },
    { image: 'a2', group: 'anna' },
    { image: 'b1', group: 'bert' },
    { image: 'c1', group: 'cleo' },
  ];

  async function conflictOf(modelVersionId: string, snapshotId: string): Promise<string> {
    const { evaluation, userErrors } = await evaluate(modelVersionId, snapshotId);
    expect(evaluation).toBeNull();
    expect(userErrors).toMatchObject([{ code: 'CONFLICT', field: ['input', 'datasetSnapshotId'] }]);
    return userErrors[0].message;
  }
  async function overlapOf(modelVersionId: string, snapshotId: string): Promise<string> {
    const { evaluation, userErrors } = await evaluate(modelVersionId, snapshotId);
    expect(userErrors).toEqual([]);
    return evaluation.overlap;
  }

  test('is counted by image and by patient, and refused', async () => {
    const training = await createSnapshot(trainingItems, { name: 'marrow' });
    const version = await createVersion(training.digest);
    const later = await createSnapshot(
      [
        { image: 'a1', group: 'anna' },
        { image: 'a9', group: 'anna' },
        { image: 'b9', group: 'bert' },
        { image: 'd1', group: 'dora' },
        { image: 'd2', group: 'dora' },
      ],
      { name: 'marrow' },
    );
    const message = await conflictOf(version, later.id);
    expect(message).toContain('of the 5 images, 1 are also in');
    expect(message).toContain('3 are of 2 patients');
    expect(await services.database.evaluation.count({ where: { datasetSnapshotId: later.id } })).toBe(0);
  });

  test('is found by patient alone, if the source is the same under another name', async () => {
    const source = 's3://hospital/cells';
    const training = await createSnapshot(trainingItems, { source });
    const version = await createVersion(training.digest);
    const other = await createSnapshot([{ image: 'new', group: 'bert' }], { source });
    expect(await conflictOf(version, other.id)).toContain('0 are also in');
  });

  test('is not checked by patient across datasets, in which the same name may mean different people', async () => {
    const training = await createSnapshot(trainingItems);
    const version = await createVersion(training.digest);
    const elsewhere = await createSnapshot([{ image: 'new', group: 'anna' }]);
    expect(await overlapOf(version, elsewhere.id)).toMatch(/^No image is in .* of different datasets/);
    const sameImage = await createSnapshot([{ image: 'c1', group: 'zoe' }]);
    expect(await conflictOf(version, sameImage.id)).toContain('1 are also in');
  });

  test('is found by the patients of the base, if a snapshot of reviews has one', async () => {
    const base = await createSnapshot(trainingItems, { name: 'ward' });
    const foreign = await createSnapshot(trainingItems, { name: 'clinic' });
    const combined = await createSnapshot([...trainingItems, { image: 'r', group: null }], {
      baseSnapshotId: base.id,
    });
    const version = await createVersion(combined.digest);
    const newImages = [{ image: 'new', group: 'anna' }];
    const later = await createSnapshot(newImages, { name: 'ward' });
    expect(await conflictOf(version, later.id)).toContain('1 are of 1 patients');
    // Both sources are 'reviews', but the bases are of different hospitals.
    const ofOthers = await createSnapshot(newImages, { baseSnapshotId: foreign.id });
    expect(await overlapOf(version, ofOthers.id)).toMatch(/^No image is in .* of different datasets/);
    const fromOtherBase = await createVersion(ofOthers.digest);
    expect(await overlapOf(fromOtherBase, combined.id)).toMatch(/of different datasets/);
  });

  test('is found by the pseudonym or the reference of a case, in any two datasets', async () => {
    const key = { caseReference: 'P-17', key: Buffer.alloc(32, 17) };
    await services.database.caseKey.create({ data: key });
    const pseudonym = pseudonymOf(key);
    const bases = await Promise.all(
      ['north', 'south'].map((name) => createSnapshot(trainingItems, { name })),
    );
    const [ofReviews, ofOtherReviews] = await Promise.all(
      bases.map((base, index) =>
        createSnapshot([{ image: `cut ${index}`, group: pseudonym }], { baseSnapshotId: base.id }),
      ),
    );
    if (!ofReviews || !ofOtherReviews) throw new Error('Two snapshots were made.');
    const folder = await createSnapshot([{ image: 'of a folder', group: 'P-17' }]);
    for (const [training, evaluated] of [
      [ofReviews, ofOtherReviews],
      [ofReviews, folder],
      [folder, ofReviews],
    ] as const) {
      const version = await createVersion(training.digest);
      expect(await conflictOf(version, evaluated.id)).toContain('1 are of 1 patients');
    }
    const onlyReviews = await createSnapshot([{ image: 'only', group: 'f'.repeat(32) }], {
      baseSnapshotId: null,
    });
    const version = await createVersion(ofReviews.digest);
    expect(await overlapOf(version, onlyReviews.id)).toMatch(/^No image and no patient/);
  });

  test('is none if images and patients are new, and unknown patients are mentioned', async () => {
    const training = await createSnapshot(trainingItems, { name: 'lab' });
    const version = await createVersion(training.digest);
    const clean = await createSnapshot([{ image: 'e', group: 'emil' }], { name: 'lab' });
    expect(await overlapOf(version, clean.id)).toMatch(
      /^No image and no patient \(group\) is in lab version \d+/,
    );
    const someUnknown = await createSnapshot([{ image: 'f', group: 'fritz' }, { image: 'g' }], {
      name: 'lab',
    });
    expect(await overlapOf(version, someUnknown.id)).toContain('not every image has a group');
  });

  test("excludes items that the training snapshot's groups CSV assigns to 'test'", async () => {
    const training = await createSnapshot(
      [
        { image: 'h1', group: 'hans', split: 'train' },
        { image: 'i1', group: 'ines', split: 'test' },
      ],
      { name: 'split' },
    );
    const version = await createVersion(training.digest);
    const held = await createSnapshot([{ image: 'i1', group: 'ines' }], { name: 'split' });
    expect(await overlapOf(version, held.id)).toMatch(/^No image and no patient/);
  });

  test('is complete for the training snapshot itself, under any name', async () => {
    const training = await createSnapshot(trainingItems);
    const version = await createVersion(training.digest);
    const copy = await createSnapshot(trainingItems, { digest: training.digest });
    for (const { id } of [training, copy])
      expect(await conflictOf(version, id)).toContain('trained on these images');
  });

  test('is complete for the same images with more labels, even if the training snapshot is not on this server', async () => {
    const item = (label: string) => ({
      key: `${label}/0`,
      label,
      group: null,
      split: null,
      imageSha256: digestOf(label),
    });
    const trained = [item('blast'), { ...item('lymphocyte'), label: 'normal' }];
    const version = await createVersion(await digestOfItems(trained));
    const items = ['blast', 'lymphocyte'].map((label) => ({ image: label, label }));
    const snapshot = await createSnapshot(items, {}, ({ image }) => `${image}/0`);
    expect(await conflictOf(version, snapshot.id)).toContain('trained on these images');
  });

  test('is found by the hashes in the manifest if the training snapshot is not on this server', async () => {
    const trainedOn = ['anna', 'bert'].map((group) => ({ imageSha256: digestOf(`of ${group}`), group }));
    const version = await createVersion('e'.repeat(64), describeTrainingData(trainedOn));
    const mixed = await createSnapshot([{ image: 'of anna', group: 'zoe' }, { image: 'x1' }]);
    expect(await conflictOf(version, mixed.id)).toMatch(/of the 2 images, 1 are also in .* by hashes/);
    const sameNames = await createSnapshot([
      { image: 'x2', group: 'bert' },
      { image: 'x3', group: 'bert' },
      { image: 'x4', group: 'carl' },
    ]);
    expect(await overlapOf(version, sameNames.id)).toMatch(
      /^No image is in .* 2 of the 3 images are of 1 patients .* cannot be checked/,
    );
    const clean = await createSnapshot([{ image: 'x5', group: 'dora' }]);
    expect(await overlapOf(version, clean.id)).toMatch(/^No image and no name of a patient/);
  });

  test('is reported as unchecked if the training snapshot is not on this server', async () => {
    const snapshot = await createSnapshot(trainingItems);
    const elsewhere = await createVersion('f'.repeat(64));
    expect(await overlapOf(elsewhere, snapshot.id)).toMatch(/could not be checked.*ffff.* is not on this/);
    expect(await overlapOf(await createVersion(null), snapshot.id)).toContain('could not be checked');
  });
});
