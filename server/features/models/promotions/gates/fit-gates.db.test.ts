import type { RequestContext, Viewer } from '../../../../api/context.js';
import { type Artifact, sealArtifact } from '../../../../artifact/artifact.js';
import type { FitRecord, Rates } from '../../../../artifact/fit-record.js';
import { describeTrainingData } from '../../../../artifact/training-data.js';
import { randomArtifact } from '../../../../artifact/testing.js';
import { newId } from '../../../../database/ids.js';
import { openTestServices, type TestServices } from '../../../../graphql/testing.js';
import { PromotionPolicy } from '../../../../promotion-policy.js';
import { LENIENT_POLICY } from '../../../../promotion-policy-testing.js';
import { pseudonymOf } from '../../../audit/case-pseudonym.js';
import { createSnapshot, digestOf, type TestItem } from '../../../datasets/testing.js';
import { bytesOfProbabilities } from '../../evaluations/evaluation-answers.js';
import { evaluateModelVersion } from '../../evaluations/evaluate-model-version.js';
import { loadReportedMetrics } from '../../load-models.js';
import { registerArtifact } from '../../testing.js';
import { promoteModelVersion } from '../promote-model-version.js';
import { promotionGates } from '../promotion-gates.js';

let services: TestServices;
let engineer: Viewer;
let models = 0;
beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer();
});
afterAll(() => services.close());

const under = (policy: object = {}): RequestContext => ({
  ...services.contextOf(engineer),
  config: { ...services.config, promotionPolicy: PromotionPolicy.parse({ ...LENIENT_POLICY, ...policy }) },
});

const none = { estimate: null, interval: null };
const rates: Rates = {
  ...{ sensitivity: none, specificity: none, balancedAccuracy: none, expectedCalibrationError: none },
  ...{ brierScore: none, coverage: none, selectiveError: none },
};

const FITTED = [{ imageSha256: digestOf('a fitted cell'), group: 'fitted patient' }];

/** A fit of an artifact to one cell. */
function fitOf({ manifest, digest, ...bytes }: Artifact): Artifact {
  const { files: _files, ...rest } = manifest;
  const trainingData = describeTrainingData(FITTED) ?? { images: '', groups: '' };
  const [negative, positive] = manifest.classes.map((label) => ({ label, cells: 5, patients: 1 }));
  if (!negative || !positive) throw new Error('A manifest has two classes.');
  const fit: FitRecord = {
    base: digest,
    cells: {
      ...{ digest: '0'.repeat(64), classes: [negative, positive], withheldPictures: 0, trainingData },
      excluded: { trainingImages: 0, trainingPatients: 0 },
    },
    ...{ samplePrevalence: 0.5, prevalence: 0.5, farProbability: 0 },
    prior: { near: { slope: 0.3, intercept: 3 }, far: { slope: 0.3, intercept: 3 }, farProbability: 0 },
    ...{ correction: { slope: 1, intercept: 0.5 }, isThresholdEstimated: false, isBandEstimated: false },
    ...{ shift: 0, widening: [1], warnings: [] },
    figures: {
      leftOut: 'IMAGE',
      before: rates,
      after: rates,
      difference: rates,
      noInterval: 'x',
      isClearlyBetter: false,
    },
  };
  const calibration = { method: 'platt' as const, slope: 1, intercept: 0.5 };
  return sealArtifact({ ...rest, calibration, fit }, bytes);
}

/** A base that is the champion, and its fit. */
async function championAndFit() {
  const modelName = `fitted-${++models}`;
  const base = randomArtifact({ seed: models });
  const champion = await registerArtifact(services, modelName, base);
  await promoteModelVersion(under(), {
    modelVersionId: champion.id,
    alias: 'CHAMPION',
    reason: 'Champion for a test',
  });
  return { champion, fit: await registerArtifact(services, modelName, fitOf(base)) };
}

/** A snapshot of 20 images of each class, each of another patient. */
const otherCells = (more: TestItem[] = []) =>
  createSnapshot(services.database, [
    ...['blast', 'normal'].flatMap((label) =>
      Array.from({ length: 20 }, (_, index) => ({
        image: `${label} ${index}`,
        label,
        group: `${label} ${index}`,
      })),
    ),
    ...more,
  ]);

/**
 * Records an evaluation of a version, with these probabilities for the images of a snapshot in the order of their keys.
 * @param erasedLater the number of images, before the others, that have left the snapshot since
 */
async function evaluated(
  versionId: string,
  snapshotId: string,
  probabilityOf: (label: string, index: number) => number,
  { erasedLater = 0 } = {},
) {
  const items = await services.database.datasetItem.findMany({
    where: { snapshotId },
    orderBy: { key: 'asc' },
  });
  const id = newId('eval');
  const probabilities = [
    ...Array.from({ length: erasedLater }, () => 0.5),
    ...items.map(({ label }, index) => probabilityOf(label, index)),
  ];
  await services.database.evaluation.create({
    data: {
      ...{ id, status: 'SUCCEEDED', modelVersionId: versionId, datasetSnapshotId: snapshotId },
      metrics: randomArtifact().manifest.metrics.validation,
      answers: {
        create: {
          probabilities: bytesOfProbabilities(probabilities),
          outcomes: probabilities.map(() => 'CLASSIFIED' as const),
        },
      },
    },
  });
}

const gatesOf = async (versionId: string, policy: object = {}) => {
  const results = await promotionGates(under(policy), { modelVersionId: versionId, alias: 'CHAMPION' });
  return results.filter(({ gate }) => gate === 'auc' || gate.startsWith('champion'));
};

const good = (label: string) => (label === 'blast' ? 0.95 : 0.05);

test('a fit is compared with its base image by image, without the AUC', async () => {
  const { champion, fit } = await championAndFit();
  const snapshot = await otherCells();
  await evaluated(champion.id, snapshot.id, (label) => (label === 'blast' ? 0.45 : 0.05)); // finds no blast
  await evaluated(fit.id, snapshot.id, good);
  const results = await gatesOf(fit.id);
  expect(results).toMatchObject([
    {
      gate: 'champion images',
      passed: true,
      message: expect.stringMatching(
        /has 20 images labelled 'blast' and 20 others\. A comparison needs at least 10 and 10\./,
      ),
    },
    { gate: 'champion sensitivity', passed: true, observed: 1, required: -0.02 },
    { gate: 'champion specificity', passed: true, observed: 0 },
    { gate: 'champion expected calibration error', passed: true, required: 0.02 },
    { gate: 'champion coverage', passed: true, observed: 0 },
  ]);
  expect(results[1]?.message).toMatch(
    /^The difference in sensitivity on set-\d+ version \d+, compared with the champion, version 1, image by image, is \+1\.000/,
  );
});

test('a fit passes only if it is shown not to be worse than its base by more than the margin', async () => {
  const { champion, fit } = await championAndFit();
  const snapshot = await otherCells();
  await evaluated(champion.id, snapshot.id, good);
  await evaluated(fit.id, snapshot.id, (label, index) =>
    label === 'blast' && index === 0 ? 0.45 : good(label),
  );
  const results = await gatesOf(fit.id);
  // One of 20 is missed: that may be chance, but the fit may also be worse than the margin.
  expect(results).toMatchObject([
    { gate: 'champion images', passed: true },
    { gate: 'champion sensitivity', passed: false, message: expect.stringContaining('is -0.050 (95 %') },
    { gate: 'champion specificity', passed: true, observed: 0 },
    { gate: 'champion expected calibration error', passed: false },
    { gate: 'champion coverage', passed: true },
  ]);
  expect((await gatesOf(fit.id, { aucMargin: 0.3 })).every(({ passed }) => passed)).toBe(true);
});

test('too few images of a class do not show that a fit is not worse', async () => {
  const { champion, fit } = await championAndFit();
  const snapshot = await otherCells();
  for (const { id } of [champion, fit]) await evaluated(id, snapshot.id, good);
  const few = await createSnapshot(
    services.database,
    ['blast', 'normal'].flatMap((label) =>
      Array.from({ length: 6 }, (_, index) => ({
        image: `few ${label} ${index}`,
        label,
        group: `${label} ${index}`,
      })),
    ),
  );
  expect((await gatesOf(fit.id)).every(({ passed }) => passed)).toBe(true);
  expect((await gatesOf(fit.id, { minSensitivity: 0.9 })).find(({ passed }) => !passed)).toMatchObject({
    gate: 'champion images',
    message: expect.stringContaining('A comparison needs at least 35 and 10.'),
  });
  expect((await gatesOf(fit.id, { minSpecificity: 1 })).find(({ passed }) => !passed)).toMatchObject({
    gate: 'champion images',
    message: expect.stringContaining('No number of images can show'),
  });
  for (const { id } of [champion, fit]) await evaluated(id, few.id, good); // the newest evaluation counts
  const results = await gatesOf(fit.id);
  expect(results.filter(({ passed }) => !passed)).toMatchObject([
    {
      gate: 'champion images',
      message: expect.stringContaining("has 6 images labelled 'blast' and 6 others"),
    },
  ]);
});

test('the metrics of its base are not evidence for a fit, nor reported as its own', async () => {
  const { champion, fit } = await championAndFit();
  const all = await promotionGates(under({ minSensitivity: 0.1 }), {
    modelVersionId: fit.id,
    alias: 'CHAMPION',
  });
  expect(all.filter(({ gate }) => gate === 'evaluated' || gate === 'sensitivity')).toMatchObject([
    {
      passed: false,
      message: expect.stringMatching(
        /^The metrics in the manifest of a fitted version are those of its base/,
      ),
    },
    {
      passed: false,
      message: expect.stringContaining('There is no sensitivity, because no evaluation counts.'),
    },
  ]);
  const reported = await loadReportedMetrics(services.database, [champion.id, fit.id]);
  expect([...reported.keys()]).toEqual([champion.id]);
});

test('answers from before images were erased are not matched with the items that are left', async () => {
  const { champion, fit } = await championAndFit();
  const snapshot = await otherCells();
  await evaluated(champion.id, snapshot.id, good, { erasedLater: 1 });
  await evaluated(fit.id, snapshot.id, good);
  const unusable = {
    gate: 'champion',
    message: expect.stringMatching(
      /^The evaluation of the champion, version 1 on .+ cannot be used\. Images were erased from the snapshot after/,
    ),
  };
  expect(await gatesOf(fit.id)).toMatchObject([{ ...unusable, passed: false }]);
  await evaluated(champion.id, snapshot.id, good);
  expect(await gatesOf(fit.id)).toHaveLength(5);
});

test('fitted cells and their patients do not count, for the fit and for what replaces it', async () => {
  const { champion, fit } = await championAndFit();
  const ofCell = await otherCells([{ image: 'a fitted cell', label: 'blast', group: 'someone' }]);
  const ofPatient = await otherCells([{ image: 'another cell', label: 'blast', group: 'fitted patient' }]);
  const key = { caseReference: 'fitted patient', key: Buffer.alloc(32, 7) };
  await services.database.caseKey.create({ data: key });
  const ofPseudonym = await otherCells([{ image: 'a third cell', label: 'blast', group: pseudonymOf(key) }]);
  for (const { id } of [ofCell, ofPatient, ofPseudonym]) {
    const input = { modelVersionId: fit.id, datasetSnapshotId: id };
    await expect(evaluateModelVersion(under(), input)).rejects.toThrow(
      /Not a valid evaluation: of the 41 images, [01] are among the cells that the version was fitted to, and [01] are of/,
    );
    await evaluated(champion.id, id, good);
    await evaluated(fit.id, id, good);
  }
  for (const evaluation of ['required', 'reported']) {
    expect(await gatesOf(fit.id, { evaluation })).toMatchObject([
      {
        gate: 'champion',
        passed: false,
        message: expect.stringContaining('no snapshot has evaluations of both versions'),
      },
    ]);
  }
  const snapshot = await otherCells();
  await evaluated(champion.id, snapshot.id, good);
  await evaluated(fit.id, snapshot.id, good);
  expect((await gatesOf(fit.id)).every(({ passed }) => passed)).toBe(true);
});
