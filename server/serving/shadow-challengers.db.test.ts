import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestContext, Viewer } from '../api/context.js';
import { openTestServices, type TestServices } from '../graphql/testing.js';
import { drawSmear } from '../imaging/testing.js';
import type { Manifest } from '../artifact/manifest.js';
import { addFieldCell } from '../features/predictions/fields/add-field-cell.js';
import { classifyField } from '../features/predictions/fields/classify-field.js';
import type { FieldRow } from '../features/predictions/fields/load-fields.js';
import { drawField } from '../features/predictions/fields/testing.js';
import type { PredictionRow } from '../features/predictions/load-predictions.js';
import { classifyBytes } from '../features/predictions/testing.js';
import { promoteModelVersion } from '../features/models/promotions/promote-model-version.js';
import { shadowChallengers } from './shadow-challengers.js';
import { registerRandomChampion, registerRandomVersion } from '../features/models/testing.js';

let services: TestServices;
let engineer: Viewer;
let context: RequestContext;
let images = 0;

beforeAll(async () => {
  services = await openTestServices({ shadowShare: 1 });
  engineer = await services.createViewer();
  context = services.contextOf(engineer);
});
afterAll(() => services.close());

/** A model whose champion classifies every image as 'normal', and whose challenger has this manifest. */
async function modelWithChallenger(modelName: string, manifest: Partial<Manifest>) {
  const never = { method: 'platt', slope: 1, intercept: -1000 } as const;
  const champion = await registerRandomChampion(context, { modelName, manifest: { calibration: never } });
  const challenger = await registerRandomVersion(services, { modelName, seed: 2, manifest });
  await promoteModelVersion(context, {
    modelVersionId: challenger.id,
    alias: 'CHALLENGER',
    reason: 'A test lets it shadow',
  });
  await services.served.use(challenger.id, async () => undefined);
  await services.served.refresh(modelName);
  return { champion, challenger };
}

/** A new image each time, because a repeated image is not shadowed again. */
async function classify(asked: { modelName?: string; modelVersionId?: string }): Promise<PredictionRow> {
  const bytes = await drawSmear()
    .jpeg({ quality: 50 + (images++ % 50) })
    .toBuffer();
  const { modelName = null, modelVersionId = null } = asked;
  const file = { bytes, fileName: null, caseReference: null };
  return classifyBytes(services.contextOf(engineer), { ...file, modelName, modelVersionId });
}

async function counted(name: string, labels: Record<string, string>): Promise<number> {
  const metric = await services.metrics.registry.getSingleMetric(name)?.get();
  const matches = metric?.values.filter((value) =>
    Object.entries(labels).every(([label, wanted]) => value.labels[label] === wanted),
  );
  return matches?.reduce((sum, { value }) => sum + value, 0) ?? 0;
}

const always = { method: 'platt', slope: 1, intercept: 1000 } as const;
const never = { method: 'platt', slope: 1, intercept: -1000 } as const;

test.each([
  ['agrees', never, { outcome: 'CLASSIFIED', label: 'normal', probability: 0, agrees: true }],
  ['disagrees', always, { outcome: 'CLASSIFIED', label: 'blast', probability: 1, agrees: false }],
])(
  'the answer of a challenger that %s is recorded beside the prediction',
  async (name, calibration, said) => {
    const { champion, challenger } = await modelWithChallenger(`shadowed-${name}`, { calibration });
    const prediction = await classify({ modelName: `shadowed-${name}` });
    expect(prediction).toMatchObject({ modelVersionId: champion.id, label: 'normal' });
    await services.shadow.close();

    const { data, errors } = await services.execute(
      `query ($prediction: ID!, $version: ID!) {
      prediction(id: $prediction) { shadowAnswers { modelVersion { id } outcome label probability agrees } }
      modelVersion(id: $version) { shadowAgreement { answers agreements rate interval { lower upper } since } }
    }`,
      { prediction: prediction.id, version: challenger.id },
      engineer,
    );
    expect(errors).toEqual([]);
    expect(data.prediction.shadowAnswers).toEqual([{ modelVersion: { id: challenger.id }, ...said }]);
    expect(data.modelVersion.shadowAgreement).toMatchObject({
      answers: 1,
      agreements: said.agrees ? 1 : 0,
      rate: said.agrees ? 1 : 0,
    });
    const labels = { version_id: challenger.id, agrees: String(said.agrees) };
    expect(await counted('cytograph_shadow_answers_total', labels)).toBe(1);
    expect(
      await counted('cytograph_classifications_total', { version_id: champion.id, outcome: 'CLASSIFIED' }),
    ).toBe(1);
  },
);

test('answers of a version other than the champion are not shadowed, and a version that never shadowed has no agreement', async () => {
  const { challenger } = await modelWithChallenger('by-id', { calibration: always });
  const prediction = await classify({ modelVersionId: challenger.id });
  await services.shadow.close();
  expect(await services.database.shadowAnswer.count({ where: { predictionId: prediction.id } })).toBe(0);
  const { data } = await services.execute(
    `query ($id: ID!) { modelVersion(id: $id) { shadowAgreement { rate } } }`,
    { id: challenger.id },
    engineer,
  );
  expect(data.modelVersion.shadowAgreement).toBeNull();
});

test('the challenger runs only while no image waits and a thread is idle, and for one image at a time', async () => {
  const { champion, challenger } = await modelWithChallenger('busy', { calibration: never });
  const bytes = await drawSmear().png().toBuffer();
  const quiet = shadowChallengers(services, 0);
  const busy = shadowChallengers(services, 1);
  const first = await classify({ modelName: 'busy' });
  await services.shadow.close();
  const before = await counted('cytograph_shadow_dropped_total', { reason: 'busy' });
  const answers = () => services.database.shadowAnswer.count({ where: { modelVersionId: challenger.id } });
  expect(await answers()).toBe(1);

  const underWay = services.inference.infer(champion.id, bytes);
  busy.afterAnswer(first, bytes);
  expect(await counted('cytograph_shadow_dropped_total', { reason: 'busy' })).toBe(before + 1);
  await underWay;
  quiet.afterAnswer(first, bytes);
  await quiet.close();
  expect(await answers()).toBe(1);

  const silent = shadowChallengers(services, 0);
  const others = await Promise.all([1, 2].map(() => withoutShadow(silent)));
  for (const prediction of others) busy.afterAnswer(prediction, bytes);
  expect(await counted('cytograph_shadow_dropped_total', { reason: 'busy' })).toBe(before + 2);
  await busy.close();
  expect(await answers()).toBe(2);

  /** A prediction of the champion that has not been shadowed. */
  async function withoutShadow(shadow: TestServices['shadow']): Promise<PredictionRow> {
    const image = await drawSmear()
      .jpeg({ quality: 40 - images++ })
      .toBuffer();
    const file = { bytes: image, fileName: null, caseReference: null };
    return classifyBytes(
      { ...services.contextOf(engineer), shadow },
      { ...file, modelName: 'busy', modelVersionId: null },
    );
  }
});

test('a failed challenger is counted and does not affect the answer', async () => {
  await modelWithChallenger('failing', { calibration: never });
  const prediction = await classify({ modelName: 'failing' });
  await services.shadow.close();
  const before = await counted('cytograph_shadow_dropped_total', { reason: 'failed' });
  services.shadow.afterAnswer(prediction, Buffer.from('no image'));
  await services.shadow.close();
  expect(await counted('cytograph_shadow_dropped_total', { reason: 'failed' })).toBe(before + 1);
});

test("a challenger's recorded answer cannot be changed", async () => {
  expect(await services.database.shadowAnswer.count()).toBeGreaterThan(0);
  const change = services.ownerDatabase.shadowAnswer.updateMany({ data: { agrees: true } });
  await expect(change).rejects.toThrow('append-only');
  await expect(services.ownerDatabase.shadowAnswer.deleteMany()).rejects.toThrow('append-only');
});

test('the challenger answers the cells of fields, also those that a user adds, but no repeats', async () => {
  const { challenger } = await modelWithChallenger('fields', { calibration: always });
  const bytes = await drawField([
    [120, 110],
    [330, 100],
    [230, 330],
  ]);
  const modelName = 'fields';
  const shadow = shadowChallengers(services, 1);
  const classify = (): Promise<FieldRow> => {
    const readImage = () => Promise.resolve({ bytes, fileName: null });
    const request = { readImage, modelName, modelVersionId: null, caseReference: null };
    return classifyField({ ...services.contextOf(engineer), shadow }, request);
  };
  const answers = () => services.database.shadowAnswer.findMany({ where: { modelVersionId: challenger.id } });
  const { id: fieldId } = await classify();
  while ((await answers()).length < 3) await sleep(20);
  const cells = await services.database.prediction.findMany({ where: { fieldId }, select: { id: true } });
  expect(cells).toHaveLength(3);
  const shadowed = await answers();
  expect(shadowed.map(({ predictionId }) => predictionId).sort()).toEqual(cells.map(({ id }) => id).sort());
  expect(new Set(shadowed.map(({ probability }) => probability))).toEqual(new Set([1]));

  await classify();
  const added = await addFieldCell({ ...services.contextOf(engineer), shadow }, { fieldId, x: 450, y: 360 });
  while ((await answers()).length < 4) await sleep(20);
  await shadow.close();
  expect(await answers()).toHaveLength(4);
  expect((await answers()).filter(({ predictionId }) => predictionId === added.id)).toMatchObject([
    { outcome: added.outcome }, // there is no cell, for both versions
  ]);
});

test('a field does not keep images waiting, a failure counts for every cell that is left, and no cell is begun after the end', async () => {
  const { challenger } = await modelWithChallenger('whole-fields', { calibration: never });
  const bytes = await drawField([
    [120, 110],
    [330, 100],
    [230, 330],
  ]);
  const off = shadowChallengers(services, 0);
  const unshadowed = { ...services.contextOf(engineer), shadow: off };
  const readImage = () => Promise.resolve({ bytes, fileName: null });
  const request = { readImage, modelName: 'whole-fields', modelVersionId: null, caseReference: null };
  const { id: fieldId } = await classifyField(unshadowed, request);
  const cells = await services.database.prediction.findMany({ where: { fieldId } });
  const image = await drawSmear({ seed: 99 }).png().toBuffer();
  const file = { bytes: image, fileName: null, caseReference: null };
  const single = await classifyBytes(unshadowed, {
    ...file,
    ...{ modelName: 'whole-fields', modelVersionId: null },
  });
  const [first, ...others] = cells;
  if (!first) throw new Error('The field has no cell.');
  const dropped = (reason: string) => counted('cytograph_shadow_dropped_total', { reason });
  const answered = () =>
    services.database.shadowAnswer.findMany({
      where: { modelVersionId: challenger.id },
      select: { predictionId: true },
    });

  // These regions are not found again, so the challenger fails.
  const lost = others.map((cell) => ({ ...cell, region: [0, 0, 1, 1] }));
  const shadow = shadowChallengers(services, 1);
  const failed = await dropped('failed');
  const busy = await dropped('busy');
  shadow.afterCells(lost, bytes, null);
  shadow.afterAnswer(single, image);
  expect(await dropped('busy')).toBe(busy);
  while ((await dropped('failed')) < failed + 2 || (await answered()).length < 1) await sleep(20);
  shadow.afterCells([first, ...lost], bytes, null);
  while ((await dropped('failed')) < failed + 4) await sleep(20);
  expect((await answered()).map(({ predictionId }) => predictionId).sort()).toEqual(
    [first.id, single.id].sort(),
  );

  shadow.afterCells(others, bytes, null);
  await shadow.close();
  expect(await dropped('failed')).toBe(failed + 4);
  expect(await answered()).toHaveLength(2);
});
