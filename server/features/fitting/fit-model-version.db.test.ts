import { createHash } from 'node:crypto';
import type { RequestContext, Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { describeTrainingData } from '../../artifact/training-data.js';
import { constantCellTypes, randomArtifact } from '../../artifact/testing.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import { createSite } from '../accounts/sites/create-site.js';
import { setUserSites } from '../accounts/sites/set-user-sites.js';
import { createSnapshot, digestOf, type TestItem } from '../datasets/testing.js';
import { eraseCase } from '../erasure/erase-case.js';
import { registerArtifact } from '../models/testing.js';
import { reviewPrediction } from '../reviews/review-prediction.js';
import type { ReviewPredictionInput } from '../reviews/types.js';
import { cellsOfFit } from './fit-lifecycle.js';

let services: TestServices;
let engineer: Viewer;
let other: Viewer;
let context: RequestContext;
let version: { id: string; modelId: string; version: number };
let classes: readonly [string, string];

const TRAINED = 'an image of the training data';

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer();
  other = await services.createViewer();
  context = services.contextOf(engineer);
  const artifact = randomArtifact();
  const trainingData = describeTrainingData([{ imageSha256: digestOf(TRAINED), group: 'trained patient' }]);
  const provenance = { ...artifact.manifest.provenance, trainingData: trainingData ?? undefined };
  const trained = randomArtifact({ manifest: { provenance } });
  classes = trained.manifest.classes;
  version = await registerArtifact(services, 'one', trained);
});
afterAll(() => services.close());

let images = 0;

/** Stores a prediction, and a review for each of `reviews`. */
async function reviewed(
  reviews: (Partial<ReviewPredictionInput> & { by?: Viewer })[] = [{}],
  changed: { image?: string; caseReference?: string | null; siteId?: string; region?: number[] } = {},
): Promise<string> {
  const { image = `image ${images++}`, ...given } = changed;
  const imageSha256 = createHash('sha256').update(image).digest('hex');
  const shape = { width: 1, height: 1, byteSize: 1, mediaType: 'image/png' };
  await services.database.image.createMany({ data: { sha256: imageSha256, ...shape }, skipDuplicates: true });
  const id = newId('pred');
  await services.database.prediction.create({
    data: {
      ...{ id, imageSha256, modelVersionId: version.id, createdById: engineer.id },
      ...{ outcome: 'CLASSIFIED', label: classes[1], confidence: 0.9, probabilities: [0.1, 0.9] },
      ...{ outOfDistributionScore: 0, qualityWarnings: [], evidence: Buffer.alloc(4) },
      ...{ decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 1 },
      ...given,
    },
  });
  for (const { by = engineer, ...review } of reviews) {
    const origin = 'RANDOM_SAMPLE' as const;
    await reviewPrediction(services.contextOf(by), {
      predictionId: id,
      label: classes[1],
      origin,
      ...review,
    });
  }
  return id;
}

/** A set of reviewed predictions of one case: `count` of each class, and what `more` adds. Returns the filter that chooses them. */
async function reviewedSet(
  count: number,
  more: (caseReference: string) => Promise<unknown> = async () => null,
) {
  const caseReference = `case ${newId('run')}`;
  for (const label of classes)
    for (let index = 0; index < count; index++) await reviewed([{ label }], { caseReference });
  await more(caseReference);
  return { caseReference };
}

const FIT = `fit { id status warnings progress createdBy { id } modelVersion { id } datasetSnapshot { id }
  cells { cellCount positiveCount negativeCount patientCount withoutPatientCount relabelledCount excluded { reason count } } }
  userErrors { code field message }`;

async function fit(input: Record<string, unknown>, viewer = engineer) {
  const document = `mutation ($input: FitModelVersionInput!) { fitModelVersion(input: $input) { ${FIT} } }`;
  const { data, errors } = await services.execute(
    document,
    { input: { modelVersionId: version.id, ...input } },
    viewer,
  );
  expect(errors).toEqual([]);
  return data.fitModelVersion;
}

async function preview(input: Record<string, unknown>, viewer = engineer) {
  const document = `query ($input: FitModelVersionInput!) { fitPreview(input: $input) {
    preview { cells { cellCount patientCount excluded { reason count } } warnings problem promotionNeeds }
    userErrors { code message } } }`;
  const { data, errors } = await services.execute(
    document,
    { input: { modelVersionId: version.id, ...input } },
    viewer,
  );
  expect(errors).toEqual([]);
  return data.fitPreview;
}

const jobsOf = (fitId: string) =>
  services.ownerDatabase.$queryRaw<unknown[]>`
    SELECT 1 FROM graphile_worker._private_jobs WHERE payload->>'fitId' = ${fitId}`;

describe('a fit to reviewed predictions', () => {
  test('uses the newest labels of random samples, and counts what it leaves out', async () => {
    const reviews = await reviewedSet(5, async (caseReference) => {
      const [negative, positive] = classes;
      await reviewed([{ label: positive }, { label: negative }], { caseReference }); // the reviewer changed the label
      await reviewed([{ label: positive }, { label: negative, by: other }], { caseReference });
      await reviewed([{}, { verdict: 'NOT_A_CELL' }], { caseReference });
      await reviewed([{ verdict: 'NOT_A_CELL', by: other }, {}], { caseReference });
      await reviewed([{ origin: 'WORKLIST' }], { caseReference });
      await reviewed([{ origin: 'CORRECTION' }, { origin: 'WHOLE_SET' }], { caseReference, image: 'twice' });
      await reviewed([{}], { caseReference, image: 'twice' });
    });
    const { fit: started, userErrors } = await fit({ reviews });
    expect(userErrors).toEqual([]);
    expect(started).toMatchObject({
      ...{ status: 'QUEUED', warnings: [], progress: 0, datasetSnapshot: null },
      ...{ createdBy: { id: engineer.id }, modelVersion: { id: version.id } },
      cells: {
        ...{ cellCount: 12, positiveCount: 6, negativeCount: 6, patientCount: 1, withoutPatientCount: 0 },
        relabelledCount: 1,
      },
    });
    expect(started.cells.excluded.toSorted(byReason)).toEqual([
      { reason: 'CHOSEN_BY_PREDICTION', count: 1 },
      { reason: 'CONFLICTING_LABELS', count: 2 },
      { reason: 'NO_LABEL', count: 1 },
      { reason: 'SAME_CELL', count: 1 },
    ]);
    expect(await services.database.fitCell.count({ where: { fitId: started.id } })).toBe(12);
    expect(await jobsOf(started.id)).toHaveLength(1);
    const events = await services.database.auditEvent.findMany({ where: { entityId: started.id } });
    expect(events).toMatchObject([{ action: 'FIT_STARTED', actorId: engineer.id }]);
    expect(events[0]?.detail).not.toContain(reviews.caseReference);
  });

  test('warns if cells were chosen by their prediction, for their review or by the filter', async () => {
    const reviews = await reviewedSet(5, (caseReference) =>
      reviewed([{ origin: 'WORKLIST' }], { caseReference }),
    );
    const { fit: started } = await fit({ reviews, includeOtherOrigins: true });
    expect(started.cells.cellCount).toBe(11);
    expect(started.warnings).toEqual([expect.stringContaining('This concerns 1 of the cells.')]);
    const filtered = await preview({ reviews: { ...reviews, outcome: 'CLASSIFIED', minConfidence: 0.5 } });
    expect(filtered.preview.warnings).toEqual([
      expect.stringContaining('The cells were chosen by the outcome and the confidence of their predictions'),
    ]);
    const cellTypes = constantCellTypes({ blast: 1, lymphocyte: 1, monocyte: 1 });
    await registerArtifact(services, 'typed', randomArtifact({ manifest: { cellTypes } }));
    const typed = await preview({ reviews: { ...reviews, cellType: 'monocyte' } });
    expect(typed.preview.warnings).toEqual([
      expect.stringContaining('The cells were chosen by the named cell type of their predictions'),
    ]);
  });

  test('leaves out cells and patients of the training data', async () => {
    const reviews = await reviewedSet(5);
    const trained = await reviewedSet(1);
    const known = randomArtifact().manifest.provenance;
    const hashes = describeTrainingData(
      (await services.database.prediction.findMany({ where: reviews, take: 2 })).map(({ imageSha256 }) => ({
        imageSha256,
        group: trained.caseReference,
      })),
    );
    const artifact = randomArtifact({
      seed: 5,
      manifest: { provenance: { ...known, trainingData: hashes ?? undefined } },
    });
    const { id: modelVersionId } = await registerArtifact(services, 'two', artifact);
    const ofTrained = await preview({ modelVersionId, reviews: trained });
    expect(ofTrained.preview.cells.excluded).toEqual([{ reason: 'TRAINING_PATIENT', count: 2 }]);
    const ofImages = await preview({ modelVersionId, reviews });
    expect(ofImages.preview.cells.excluded).toEqual([{ reason: 'TRAINING_IMAGE', count: 2 }]);
  });

  test('uses only predictions of the sites that the user sees', async () => {
    const { id: siteId } = await createSite(context, { name: 'Ward 7' });
    const { id: userId } = await services.createViewer(Role.ML_ENGINEER);
    const limited: Viewer = {
      ...(await services.createViewer(Role.ML_ENGINEER)),
      siteIds: [siteId],
      seesAllSites: false,
    };
    await setUserSites(context, { userId, siteIds: [siteId], seesAllSites: false });
    const reviews = await reviewedSet(5, (caseReference) => reviewed([{}], { caseReference, siteId }));
    expect((await preview({ reviews })).preview.cells.cellCount).toBe(11);
    expect((await preview({ reviews }, limited)).preview.cells.cellCount).toBe(1);
    expect((await fit({ reviews }, limited)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  });

  test('is recorded as a search for the case that it names', async () => {
    const searcher = await services.createViewer();
    const reviews = await reviewedSet(5);
    const searches = async () => {
      await services.accesses.flush();
      return services.database.auditEvent.findMany({
        where: { action: 'CASE_SEARCHED', actorId: searcher.id },
      });
    };
    await preview({ reviews: {} }, searcher);
    expect(await searches()).toEqual([]);
    await preview({ reviews: { search: reviews.caseReference } }, searcher);
    expect(await searches()).toMatchObject([{ casePseudonym: expect.any(String) }]);
    expect((await fit({ reviews }, searcher)).userErrors).toEqual([]);
    expect(await searches()).toHaveLength(2);
  });

  test('says how many cells are missing, and what a promotion needs', async () => {
    const reviews = await reviewedSet(3);
    const { preview: shown } = await preview({ reviews });
    expect(shown.problem).toContain(`Missing: 2 labelled '${classes[1]}', 2 with the other label.`);
    expect(shown.promotionNeeds).toContain('at least 10 labelled');
    const { fit: none, userErrors } = await fit({ reviews });
    expect(none).toBeNull();
    expect(userErrors).toEqual([{ code: 'CONFLICT', field: ['input'], message: shown.problem }]);
  });

  test('loses the cells of a case that is erased', async () => {
    const reviews = await reviewedSet(5);
    const { fit: started } = await fit({ reviews });
    await eraseCase(services.contextOf(engineer), {
      ...reviews,
      reason: 'The patient has withdrawn consent.',
    });
    expect(await services.database.fitCell.count({ where: { fitId: started.id } })).toBe(0);
  });
});

const byReason = (one: { reason: string }, two: { reason: string }) => one.reason.localeCompare(two.reason);

const items = (count: number): TestItem[] =>
  classes.flatMap((label) =>
    Array.from({ length: count }, (): TestItem => ({ image: `item ${images++}`, label, group: label })),
  );

describe('a fit to a snapshot', () => {
  test('uses its items, and is started once for the same cells', async () => {
    const snapshot = await createSnapshot(services.database, [
      ...items(6),
      { image: TRAINED, label: classes[0] },
      { image: 'other', label: classes[0], group: 'trained patient' },
    ]);
    const input = { datasetSnapshotId: snapshot.id };
    const { fit: started, userErrors } = await fit(input);
    expect(userErrors).toEqual([]);
    expect(started.cells).toMatchObject({
      ...{ cellCount: 12, patientCount: 2 },
      excluded: [
        { reason: 'TRAINING_IMAGE', count: 1 },
        { reason: 'TRAINING_PATIENT', count: 1 },
      ],
    });
    const again = await fit(input);
    expect(again.userErrors).toMatchObject([
      { code: 'CONFLICT', message: expect.stringContaining(`is already queued. Wait for ${started.id}.`) },
    ]);
    const cancelled = await services.execute(
      'mutation ($id: ID!) { cancelFit(id: $id) { fit { status } userErrors { code } } }',
      { id: started.id },
      engineer,
    );
    expect(cancelled.data.cancelFit).toEqual({ fit: { status: 'CANCELLED' }, userErrors: [] });
    expect((await fit(input)).userErrors).toEqual([]);
  });

  test.each([true, false])(
    'leaves out, also in its job, patients of the training data under their other name (trained on the pseudonym: %s)',
    async (isPseudonymTrained) => {
      const { caseReference } = await reviewedSet(1);
      const pseudonym = (await casePseudonym(services.database, caseReference)) ?? '';
      const [trained, given] = isPseudonymTrained ? [pseudonym, caseReference] : [caseReference, pseudonym];
      const trainingData = describeTrainingData([{ imageSha256: digestOf(TRAINED), group: trained }]);
      const provenance = { ...randomArtifact().manifest.provenance, trainingData: trainingData ?? undefined };
      const { manifest } = randomArtifact({ manifest: { provenance } });
      const base = await registerArtifact(
        services,
        'named',
        randomArtifact({ manifest: { provenance }, seed: images }),
      );
      const snapshot = await createSnapshot(services.database, [
        ...items(5),
        { image: `of the patient ${images}`, label: classes[0], group: given },
      ]);
      const input = { modelVersionId: base.id, datasetSnapshotId: snapshot.id };
      const { fit: started, userErrors } = await fit(input);
      expect(userErrors).toEqual([]);
      expect(started.cells).toMatchObject({
        ...{ cellCount: 10, excluded: [{ reason: 'TRAINING_PATIENT', count: 1 }] },
      });
      const cells = await cellsOfFit(
        services.database,
        { id: started.id, datasetSnapshotId: snapshot.id, secondLabels: {} },
        manifest,
      );
      expect(cells.map(({ group }) => group)).not.toContain(given);
      expect(cells).toHaveLength(10);
    },
  );

  test('started twice at the same moment starts one fit, and with one request id gives that fit to both', async () => {
    const one = { datasetSnapshotId: (await createSnapshot(services.database, items(5))).id };
    const answers = await Promise.all([fit(one), fit(one)]);
    expect(answers.filter(({ fit: started }) => started !== null)).toHaveLength(1);
    const two = {
      datasetSnapshotId: (await createSnapshot(services.database, items(5))).id,
      clientRequestId: newId('run'),
    };
    const repeated = await Promise.all([fit(two), fit(two), fit(two)]);
    expect(new Set(repeated.map(({ fit: started }) => started?.id)).size).toBe(1);
    const changed = await fit({ ...two, description: 'Another' });
    expect(changed.userErrors).toMatchObject([{ code: 'CONFLICT', field: ['input', 'clientRequestId'] }]);
  });

  test('needs one source, which is READY and has the classes of the version', async () => {
    const { id: datasetSnapshotId } = await createSnapshot(services.database, items(5));
    const rejected = await createSnapshot(services.database, items(5), { status: 'REJECTED' });
    const foreign = await createSnapshot(services.database, [{ image: 'x', label: 'basophil' }]);
    for (const [input, code] of [
      [{}, 'INVALID'],
      [{ datasetSnapshotId, reviews: {} }, 'INVALID'],
      [{ datasetSnapshotId: newId('snap') }, 'NOT_FOUND'],
      [{ datasetSnapshotId: rejected.id }, 'CONFLICT'],
      [{ datasetSnapshotId: foreign.id }, 'INVALID'],
      [{ datasetSnapshotId, modelVersionId: newId('mver') }, 'NOT_FOUND'],
      [{ datasetSnapshotId, description: 'x'.repeat(1001) }, 'INVALID'],
      [{ reviews: { reviewed: false } }, 'INVALID'],
    ] as const) {
      expect((await fit(input)).userErrors).toMatchObject([{ code }]);
    }
  });
});
