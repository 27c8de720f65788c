import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { evaluate, type Scored } from '../../../../evaluation/measure-scores.js';
import { describeTrainingData } from '../../../artifact/training-data.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { createSnapshot, digestOf, type TestItem } from '../../datasets/testing.js';
import type { EvaluationAnswer } from '../evaluations/evaluation-answers.js';
import { recordEvaluation, registerRandomVersion } from '../testing.js';

const FIGURES = 'itemCount auc { estimate } sensitivity { estimate } specificity { estimate } cohensKappa';
const COMPARE = `query ($input: CompareVersionsInput!, $first: Int, $after: String) {
  compareVersions(input: $input) {
    imageCount groupCount excludedCount datasetSnapshot { id }
    versions {
      modelVersion { id } evaluation { id } pendingEvaluation { id } missing usedInTrainingCount figures { ${FIGURES} }
      scoreDistribution { lower upper negativeCount positiveCount }
      differences { sensitivity { estimate lower upper } coverage { estimate } brierScore { estimate } }
    }
    cellTypes { name imageCount positiveCount versions { modelVersionId correctCount withheldCount correctRate { estimate lower upper } } }
    groups { edges { node { name imageCount versions { correctCount } } } }
    changedImages(first: $first, after: $after) {
      totalCount pageInfo { hasNextPage endCursor }
      edges { node { item { key } answers { modelVersionId outcome label probability usedInTraining } } }
    }
  }
}`;
const EVALUATE = `mutation ($input: EvaluateModelVersionsInput!) {
  evaluateModelVersions(input: $input) { evaluations { id status modelVersion { id } } userErrors { code field message } }
}`;

let services: TestServices;
let engineer: Viewer;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
});
afterAll(() => services.close());

const classes = ['normal', 'blast'] as const;
const provenance = { seed: 1, parameters: {}, codeRevision: null, libraries: {} };

/** A version with the threshold 0.5 that states this training data. */
async function newVersion(
  trainedOn: { snapshotDigest?: string; images?: string[] } = {},
  changed: object = {},
): Promise<string> {
  const images = trainedOn.images?.map((image) => ({ imageSha256: digestOf(image), group: null }));
  const trainingData = images && describeTrainingData(images);
  const { id } = await registerRandomVersion(services, {
    manifest: {
      ...{ classes: [...classes], positiveLabel: 'blast', decisionThreshold: 0.5 },
      provenance: {
        ...{ ...provenance, snapshotDigest: trainedOn.snapshotDigest ?? null },
        ...(trainingData && { trainingData }),
      },
      ...changed,
    },
  });
  return id;
}

/** Items in the order of their keys: the blasts of two patients, then the other cells. */
const items: TestItem[] = [
  { image: 'b0', label: 'blast', group: 'one' },
  { image: 'b1', label: 'blast', group: 'one' },
  { image: 'b2', label: 'blast', group: 'two' },
  { image: 'l0', label: 'lymphocyte', group: 'one' },
  { image: 'm0', label: 'monocyte', group: 'two' },
  { image: 'm1', label: 'monocyte', group: 'two' },
];

const sure = (probability: number): EvaluationAnswer => ({ probability, outcome: 'CLASSIFIED' });
const unsure = (probability: number): EvaluationAnswer => ({ probability, outcome: 'INDETERMINATE' });

const before = [sure(0.9), sure(0.95), unsure(0.6), sure(0.1), sure(0.9), sure(0.2)];
const after = [sure(0.9), sure(0.05), sure(0.1), sure(0.9), sure(0.1), unsure(0.45)];

async function compare(
  modelVersionIds: string[],
  datasetSnapshotId: string,
  page: { first?: number; after?: string } = {},
  viewer: Viewer = engineer,
) {
  const variables = { input: { modelVersionIds, datasetSnapshotId }, ...page };
  const { data, errors } = await services.execute(COMPARE, variables, viewer);
  return { comparison: data?.compareVersions, errors };
}

const keysOf = (comparison: any) => comparison.changedImages.edges.map(({ node }: any) => node.item.key);

function scoredOf(answers: readonly EvaluationAnswer[], chosen: readonly TestItem[] = items): Scored[] {
  return answers.map(({ probability, outcome }, index) => ({
    ...{ probability, calledPositive: probability >= 0.5, abstained: outcome !== 'CLASSIFIED' },
    ...{ isPositive: chosen[index]?.label === 'blast', group: chosen[index]?.group ?? null },
  }));
}

const metricsOf = (answers: readonly EvaluationAnswer[]) => evaluate(scoredOf(answers), { classes, seed: 1 });

test('compares two versions on the same images, by class, cell type and patient', async () => {
  const snapshot = await createSnapshot(services.database, items);
  const [one, two] = [await newVersion(), await newVersion()];
  await recordEvaluation(services.database, one, snapshot.id, metricsOf(before), before);
  // An older evaluation, and one of a split, do not count.
  await recordEvaluation(services.database, two, snapshot.id, metricsOf(before), before);
  await recordEvaluation(services.database, two, snapshot.id, metricsOf(after), after);
  const { comparison, errors } = await compare([one, two], snapshot.id);

  expect(errors).toEqual([]);
  expect(comparison).toMatchObject({ imageCount: 6, groupCount: 2, excludedCount: 0 });
  const [first, second] = comparison.versions;
  expect(first).toMatchObject({ modelVersion: { id: one }, missing: null, differences: null });
  expect(first.figures).toMatchObject({ itemCount: 6, sensitivity: { estimate: 1 } });
  expect(second.figures.sensitivity.estimate).toBeCloseTo(1 / 3, 12);
  // 3 of 6 agree; 3 · 2 / 36 + 3 · 4 / 36 are expected by chance.
  expect(second.figures.cohensKappa).toBeCloseTo((3 / 6 - 0.5) / 0.5, 12);
  expect(second.differences.sensitivity.estimate).toBeCloseTo(-2 / 3, 12);
  expect(second.differences.coverage.estimate).toBeCloseTo(0, 12);
  expect(second.differences.sensitivity.lower).toBeLessThan(-2 / 3);
  expect(first.scoreDistribution).toHaveLength(20);
  expect(first.scoreDistribution[18]).toMatchObject({ lower: 0.9, negativeCount: 1, positiveCount: 1 });

  expect(
    comparison.cellTypes.map(({ name, imageCount, positiveCount, versions }: any) => [
      ...[name, imageCount, positiveCount],
      ...versions.map(({ correctCount, withheldCount }: any) => [correctCount, withheldCount]),
    ]),
  ).toEqual([
    ['blast', 3, 3, [3, 1], [1, 0]],
    ['lymphocyte', 1, 0, [1, 0], [0, 0]],
    ['monocyte', 2, 0, [1, 0], [2, 1]],
  ]);
  expect(comparison.cellTypes[0].versions[0].correctRate.lower).toBeCloseTo(0.4385, 4); // Wilson, 3 of 3
  // Patient one: 3 of 3 before, 1 of 3 after. Patient two: 2 of 3 before and after.
  expect(comparison.groups.edges.map(({ node }: any) => node.name)).toEqual(['one', 'two']);
});

test('lists the images whose answer changed, worst first, in pages', async () => {
  const snapshot = await createSnapshot(services.database, items);
  const [one, two] = [await newVersion(), await newVersion()];
  await recordEvaluation(services.database, one, snapshot.id, metricsOf(before), before);
  await recordEvaluation(services.database, two, snapshot.id, metricsOf(after), after);
  const worstFirst = [
    'blast/1', // right → wrong, a missed blast
    'lymphocyte/3', // right → wrong
    'blast/2', // withheld → wrong
    'monocyte/5', // right → withheld
    'monocyte/4', // wrong → right
  ];
  const all = await compare([one, two], snapshot.id);
  expect(keysOf(all.comparison)).toEqual(worstFirst);
  expect(all.comparison.changedImages.edges[0].node.answers).toEqual([
    { modelVersionId: one, outcome: 'CLASSIFIED', label: 'blast', probability: 0.95, usedInTraining: false },
    { modelVersionId: two, outcome: 'CLASSIFIED', label: 'normal', probability: 0.05, usedInTraining: false },
  ]);

  const { comparison } = await compare([one, two], snapshot.id, { first: 2 });
  expect(keysOf(comparison)).toEqual(worstFirst.slice(0, 2));
  const { totalCount, pageInfo } = comparison.changedImages;
  expect([totalCount, pageInfo.hasNextPage]).toEqual([5, true]);
  const next = await compare([one, two], snapshot.id, { first: 9, after: pageInfo.endCursor });
  expect(keysOf(next.comparison)).toEqual(worstFirst.slice(2));
  const elsewhere = Buffer.from('["no such key"]').toString('base64url');
  expect((await compare([one, two], snapshot.id, { after: elsewhere })).errors).toMatchObject([
    { code: 'BAD_USER_INPUT', message: expect.stringContaining('is not a cursor of this list') },
  ]);
});

test('leaves out images that a version was trained on, and marks them', async () => {
  const training = await createSnapshot(services.database, [{ image: 'm0', group: 'elsewhere' }]);
  const snapshot = await createSnapshot(services.database, items);
  const byHash = await newVersion({ images: ['b1'] });
  const bySnapshot = await newVersion({ snapshotDigest: training.digest });
  await recordEvaluation(services.database, byHash, snapshot.id, metricsOf(before), before);
  await recordEvaluation(services.database, bySnapshot, snapshot.id, metricsOf(after), after);
  const { comparison } = await compare([byHash, bySnapshot], snapshot.id);
  expect(comparison).toMatchObject({ imageCount: 4, excludedCount: 2 });
  expect(comparison.versions.map((each: any) => each.usedInTrainingCount)).toEqual([1, 1]);
  const kept = [0, 2, 3, 5];
  const { specificity, sensitivity } = evaluate(
    kept.flatMap((index) => scoredOf(after)[index] ?? []),
    { classes, seed: 1 },
  );
  const { figures } = comparison.versions[1];
  expect([figures.itemCount, figures.sensitivity.estimate, figures.specificity.estimate]).toEqual([
    ...[4, sensitivity?.estimate, specificity?.estimate],
  ]);
  const marked = comparison.changedImages.edges.filter(({ node }: any) =>
    node.answers.some(({ usedInTraining }: any) => usedInTraining),
  );
  expect(marked.map(({ node }: any) => node.item.key)).toEqual(['blast/1', 'monocyte/4']);
});

test('says which version has no evaluation to compare, and evaluates those', async () => {
  const snapshot = await createSnapshot(services.database, items);
  const done = await newVersion();
  const old = await newVersion();
  const none = await newVersion();
  const trained = await newVersion({ snapshotDigest: snapshot.digest });
  await recordEvaluation(services.database, done, snapshot.id, metricsOf(before), before);
  await recordEvaluation(services.database, old, snapshot.id, metricsOf(before));
  const ids = [old, done, none, trained];
  const { comparison } = await compare(ids, snapshot.id);
  expect(comparison.versions.map(({ missing, figures }: any) => [missing, figures?.itemCount])).toEqual([
    [expect.stringContaining('by an earlier release'), undefined],
    [null, 6],
    ['The version was not evaluated on this snapshot.', undefined],
    ['The version was not evaluated on this snapshot.', undefined],
  ]);
  expect(comparison.versions[3].usedInTrainingCount).toBe(6);
  expect(comparison.changedImages.totalCount).toBe(0);

  const start = async () => {
    const input = { modelVersionIds: ids, datasetSnapshotId: snapshot.id };
    return (await services.execute(EVALUATE, { input }, engineer)).data.evaluateModelVersions;
  };
  const started = await start();
  expect(started.evaluations.map(({ status, modelVersion }: any) => [modelVersion.id, status])).toEqual([
    [old, 'QUEUED'],
    [done, 'SUCCEEDED'],
    [none, 'QUEUED'],
  ]);
  expect(started.userErrors).toMatchObject([
    {
      ...{ code: 'CONFLICT', field: ['input', 'modelVersionIds', '3'] },
      message: expect.stringMatching(/^reference version \d+: Not a valid evaluation/),
    },
  ]);
  expect((await start()).evaluations).toEqual(started.evaluations);
  const again = await compare(ids, snapshot.id);
  expect(again.comparison.versions[2].pendingEvaluation.id).toBe(started.evaluations[2].id);
  expect(again.comparison.versions[1].pendingEvaluation).toBeNull();
  expect(again.comparison.versions[2].missing).toBe(
    'The evaluation on this snapshot is waiting for a worker.',
  );
});

test('an evaluation from before images were erased is not compared', async () => {
  const snapshot = await createSnapshot(services.database, items.toSpliced(1, 1)); // what the erasure has left
  const [one, two] = [await newVersion(), await newVersion()];
  await recordEvaluation(services.database, one, snapshot.id, metricsOf(before), before);
  const left = after.toSpliced(1, 1);
  await recordEvaluation(services.database, two, snapshot.id, metricsOf(left), left);
  const { comparison } = await compare([one, two], snapshot.id);
  expect(comparison.versions.map(({ missing, figures }: any) => [missing, figures?.itemCount])).toEqual([
    [expect.stringMatching(/^Images were erased from the snapshot after the evaluation on it\./), undefined],
    [null, 5],
  ]);
});

test('refuses arguments that cannot be compared, and says what would be right', async () => {
  const snapshot = await createSnapshot(services.database, items);
  const [one, two] = [await newVersion(), await newVersion()];
  const other = await newVersion({}, { classes: ['normal', 'lymphoblast'], positiveLabel: 'lymphoblast' });
  const missing = `mver_${'0'.repeat(32)}`;
  for (const [ids, message] of [
    [[one], 'Compare from 2 to 6 versions, not 1.'],
    [[one, two, one, two, one, two, one], 'Compare from 2 to 6 versions, not 7.'],
    [[one, one], 'Name each version only once.'],
    [[one, missing], `There is no model version '${missing}'.`],
    [[one, other], "'normal' and 'blast', and 'normal' and 'lymphoblast'"],
  ] as const) {
    const { errors } = await compare([...ids], snapshot.id);
    expect(errors).toMatchObject([{ message: expect.stringContaining(message) }]);
  }
  const { errors } = await compare([one, two], `snap_${'0'.repeat(32)}`);
  expect(errors).toMatchObject([{ code: 'NOT_FOUND' }]);
});
