import { ALL_SITES } from '../../api/visible-sites.js';
import { randomUUID } from 'node:crypto';
import type { Viewer } from '../../api/context.js';
import { sha256 } from '../../artifact/artifact.js';
import type { PredictionOutcome } from '../../database/generated/enums.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { registerRandomChampion, registerRandomVersion } from '../models/testing.js';
import { isAnsweredIn } from './answered.js';

let services: TestServices;
let viewer: Viewer;
beforeAll(async () => {
  services = await openTestServices();
  viewer = await services.createViewer();
});
afterAll(() => services.close());

const day = new Date('2026-01-15T00:00:00Z');
const at = (hours: number) => new Date(day.getTime() + hours * 3_600_000);

interface Answered {
  modelVersionId: string;
  createdAt: Date;
  outcome?: PredictionOutcome;
  label?: string;
  totalMs?: number;
  image?: { width: number; height: number; byteSize: number };
}

/** Records predictions at that time, each of a different image. */
async function record(predictions: Answered[]): Promise<string[]> {
  const rows = predictions.map((prediction) => ({
    id: newId('pred'),
    imageSha256: sha256(Buffer.from(randomUUID())),
    ...prediction,
  }));
  await services.database.image.createMany({
    data: rows.map(({ imageSha256, image = { width: 100, height: 100, byteSize: 5000 } }) => {
      return { sha256: imageSha256, mediaType: 'image/png', ...image };
    }),
  });
  await services.database.prediction.createMany({
    data: rows.map(({ image: _image, outcome = 'CLASSIFIED', label = 'normal', totalMs = 20, ...row }) => ({
      ...row,
      outcome,
      label,
      totalMs,
      confidence: 0.9,
      probabilities: [0.9, 0.1],
      outOfDistributionScore: 0,
      qualityWarnings: [],
      evidence: Buffer.alloc(4),
      decodeMs: 1,
      queueMs: 1,
      inferenceMs: 1,
    })),
  });
  return rows.map(({ id }) => id);
}

const query = `query ($modelName: String!, $from: DateTime!, $to: DateTime!) {
  monitoring(modelName: $modelName, from: $from, to: $to) {
    from to predictionCount reviewedCount labelledCount agreementRate abstentionRate outOfDistributionRate positiveRate
    features { name populationStabilityIndex } challengerAgreementRate p50Ms p95Ms
  }
}`;
const monitor = (modelName: string, from = at(0), to = at(24), as: Viewer | null = viewer) =>
  services.execute(query, { modelName, from: from.toISOString(), to: to.toISOString() }, as);

test('a window has the rates of the predictions of all versions of one model', async () => {
  const context = services.contextOf(viewer);
  const one = await registerRandomChampion(context, { modelName: 'watched', seed: 1 });
  const two = await registerRandomVersion(services, { modelName: 'watched', seed: 2 });
  const other = await registerRandomVersion(services, { modelName: 'unwatched' });
  const [first = '', second = '', third = '', fourth = ''] = await record([
    { modelVersionId: one.id, createdAt: at(0), label: 'blast', totalMs: 10 },
    { modelVersionId: two.id, createdAt: at(1), label: 'blast', totalMs: 20 },
    { modelVersionId: one.id, createdAt: at(2), label: 'normal', totalMs: 30 },
    { modelVersionId: one.id, createdAt: at(3), outcome: 'INDETERMINATE', label: 'blast', totalMs: 40 },
    {
      modelVersionId: two.id,
      createdAt: at(23.9),
      outcome: 'OUT_OF_DISTRIBUTION',
      label: 'blast',
      totalMs: 1000,
    },
    { modelVersionId: one.id, createdAt: at(-0.1) },
    { modelVersionId: one.id, createdAt: at(24) },
    { modelVersionId: other.id, createdAt: at(5) },
  ]);
  const reviewed = { reviewerId: viewer.id, label: 'blast' };
  for (const [id, predictionId, agreesWithModel] of [
    ['rev_1', first, false],
    ['rev_2', first, true], // the newest review counts
    ['rev_3', second, true],
    ['rev_4', third, false],
  ] as const) {
    await services.database.review.create({ data: { ...reviewed, id, predictionId, agreesWithModel } });
  }
  for (const [id, predictionId, verdict] of [
    ['rev_5', first, 'CANNOT_TELL'], // withdraws the label
    ['rev_6', fourth, 'NOT_A_CELL'],
  ] as const) {
    const data = { ...reviewed, id, predictionId, agreesWithModel: false, verdict };
    await services.database.review.create({ data });
  }
  const shadowed = { outcome: 'CLASSIFIED', label: 'blast', probability: 1, modelVersionId: two.id } as const;
  await services.database.shadowAnswer.createMany({
    data: [
      { ...shadowed, predictionId: first, agrees: true, createdAt: at(0) },
      { ...shadowed, predictionId: second, agrees: true, createdAt: at(1) },
      { ...shadowed, predictionId: third, agrees: false, createdAt: at(2) },
      { ...shadowed, predictionId: third, agrees: false, createdAt: at(25), modelVersionId: one.id },
    ],
  });

  const { data, errors } = await monitor('watched');
  expect(errors).toEqual([]);
  expect(data.monitoring).toEqual({
    from: at(0).toISOString(),
    to: at(24).toISOString(),
    predictionCount: 5,
    reviewedCount: 4,
    labelledCount: 2,
    agreementRate: 0.5,
    abstentionRate: 0.4,
    outOfDistributionRate: 0.2,
    positiveRate: expect.closeTo(2 / 3),
    features: [],
    challengerAgreementRate: expect.closeTo(2 / 3),
    p50Ms: 30,
    p95Ms: expect.closeTo(808),
  });
});

test('a window without predictions has empty figures', async () => {
  await registerRandomVersion(services, { modelName: 'idle' });
  expect((await monitor('idle')).data.monitoring).toMatchObject({
    predictionCount: 0,
    reviewedCount: 0,
    labelledCount: 0,
    agreementRate: null,
    abstentionRate: 0,
    positiveRate: 0,
    challengerAgreementRate: null,
    p50Ms: 0,
    p95Ms: 0,
  });
});

test('refuses an unknown model, an empty window and a viewer who is not signed in', async () => {
  expect((await monitor('nowhere')).errors).toMatchObject([{ code: 'NOT_FOUND' }]);
  await registerRandomVersion(services, { modelName: 'there' });
  expect((await monitor('there', at(1), at(1))).errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
  expect((await monitor('there', at(0), at(1), null)).errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
});

test('images of a different size than the training images show as drift', async () => {
  const { database } = services;
  const images = Array.from({ length: 1000 }, (_, index) => ({
    sha256: sha256(Buffer.from(`trained on ${index}`)),
    mediaType: 'image/png',
    width: 100 + (index % 50),
    height: 100,
    byteSize: 5000 + index,
  }));
  await database.image.createMany({ data: images });
  const snapshot = await database.datasetSnapshot.create({
    data: { id: 'snap_drift', name: 'drift', version: 1, status: 'INGESTING', source: 'file:///drift/' },
  });
  await database.datasetItem.createMany({
    data: images.map(({ sha256: imageSha256 }, index) => {
      return { snapshotId: snapshot.id, key: `${index}`, label: 'blast', imageSha256 };
    }),
  });
  const { id } = await registerRandomChampion(services.contextOf(viewer), {
    modelName: 'drifting',
    origin: { datasetSnapshotId: snapshot.id },
  });

  const sizes = (width: number) =>
    Array.from({ length: 1000 }, (_, index) => ({
      modelVersionId: id,
      createdAt: at(1),
      image: { width: width + (index % 50), height: 100, byteSize: 5000 + index },
    }));
  await record(sizes(100).slice(1));
  expect((await monitor('drifting')).data.monitoring.features).toEqual([]); // too few images
  await record(sizes(100).slice(0, 1));
  const same = (await monitor('drifting')).data.monitoring.features;
  expect(same.map(({ name }: { name: string }) => name)).toEqual(['width', 'height', 'byteSize']);
  for (const { populationStabilityIndex } of same) expect(populationStabilityIndex).toBeLessThan(0.01);

  await record(sizes(400));
  const [width, height] = (await monitor('drifting')).data.monitoring.features;
  expect(width.populationStabilityIndex).toBeGreaterThan(0.2);
  expect(height.populationStabilityIndex).toBeLessThan(0.01);
});

test('reads only the predictions of the window', async () => {
  const { database } = services;
  const version = await registerRandomVersion(services, { modelName: 'planned' });
  const elsewhere = await registerRandomVersion(services, { modelName: 'planned-elsewhere' });
  for (const { id } of [version, elsewhere]) {
    await record(Array.from({ length: 2000 }, (_, n) => ({ modelVersionId: id, createdAt: at(n) })));
  }
  await services.ownerDatabase.$executeRaw`ANALYZE "Prediction"`;
  const versions = [{ id: version.id, classes: ['normal', 'blast'], positiveLabel: 'blast' }];
  const window = { versions, from: at(1000), to: at(1010), limits: ALL_SITES };
  const plan = await database.$queryRaw<{ 'QUERY PLAN': string }[]>`
    EXPLAIN SELECT p."totalMs" FROM "Prediction" p WHERE ${isAnsweredIn(window)}`;
  const text = plan.map((line) => line['QUERY PLAN']).join('\n');
  expect(text).toMatch(/Index Cond: .*"createdAt" >= '2026/); // by version and time, or by time alone, as the planner decides
  expect(text).not.toContain('Seq Scan');
});

describe('a fit is suggested', () => {
  const suggestion = async (modelName: string) => {
    const document = `query ($modelName: String!, $from: DateTime!, $to: DateTime!) {
      monitoring(modelName: $modelName, from: $from, to: $to) { fitSuggestion { reasons modelVersion { id } } }
    }`;
    const { data, errors } = await services.execute(
      document,
      { modelName, from: at(0).toISOString(), to: at(24).toISOString() },
      viewer,
    );
    expect(errors).toEqual([]);
    return data.monitoring.fitSuggestion;
  };

  /** Reviews predictions: the first `disagreeing` of them as 'blast', the others as 'normal', which is what the model says. */
  async function review(ids: string[], disagreeing: number, origin: 'RANDOM_SAMPLE' | 'CORRECTION') {
    await services.database.review.createMany({
      data: ids.map((predictionId, index) => ({
        ...{ id: newId('rev'), predictionId, reviewerId: viewer.id, origin },
        ...(index < disagreeing
          ? { label: 'blast', agreesWithModel: false }
          : { label: 'normal', agreesWithModel: true }),
      })),
    });
  }

  test('if representative reviews contradict the predictions', async () => {
    const { id } = await registerRandomChampion(services.contextOf(viewer), { modelName: 'contradicted' });
    const answered = (count: number) =>
      record(Array.from({ length: count }, () => ({ modelVersionId: id, createdAt: at(1) })));
    await review(await answered(40), 20, 'CORRECTION');
    await review(await answered(19), 10, 'RANDOM_SAMPLE');
    const withdrawn = await answered(21);
    await review(withdrawn, 21, 'RANDOM_SAMPLE');
    await services.database.review.createMany({
      data: withdrawn.map((predictionId) => ({
        ...{ id: newId('rev'), predictionId, reviewerId: viewer.id, label: 'blast', agreesWithModel: false },
        verdict: 'CANNOT_TELL',
      })),
    });
    expect(await suggestion('contradicted')).toBeNull(); // too few that were chosen at random
    await review(await answered(21), 10, 'RANDOM_SAMPLE');
    expect(await suggestion('contradicted')).toEqual({
      modelVersion: { id },
      reasons: [
        expect.stringMatching(/^Reviewers agree with 50.0 % of 40 predictions/),
        expect.stringMatching(
          /^The mean predicted probability of 'blast' is 10.0 %, but reviewers found it in 50.0 %/,
        ),
      ],
    });
  });

  test('not if representative reviews confirm the predictions', async () => {
    const { id } = await registerRandomChampion(services.contextOf(viewer), { modelName: 'confirmed' });
    const ids = await record(Array.from({ length: 60 }, () => ({ modelVersionId: id, createdAt: at(1) })));
    await review(ids, 6, 'RANDOM_SAMPLE'); // as many as the probabilities say
    expect(await suggestion('confirmed')).toBeNull();
  });

  test('if more images are not recognised than before', async () => {
    const { id } = await registerRandomChampion(services.contextOf(viewer), { modelName: 'unrecognised' });
    const answered = (hours: number, count: number, outcome: PredictionOutcome) =>
      record(Array.from({ length: count }, () => ({ modelVersionId: id, createdAt: at(hours), outcome })));
    await answered(-1, 57, 'CLASSIFIED');
    await answered(-1, 3, 'OUT_OF_DISTRIBUTION');
    await answered(1, 56, 'CLASSIFIED');
    await answered(1, 4, 'OUT_OF_DISTRIBUTION');
    expect(await suggestion('unrecognised')).toBeNull();
    await answered(1, 20, 'OUT_OF_DISTRIBUTION');
    expect(await suggestion('unrecognised')).toMatchObject({
      reasons: [
        expect.stringMatching(
          /^The version does not recognise 30.0 % of 80 images, compared with 5.0 % of 60/,
        ),
      ],
    });
  });
});
