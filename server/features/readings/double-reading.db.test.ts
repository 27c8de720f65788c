import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { randomArtifact } from '../../artifact/testing.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { createSite } from '../accounts/sites/create-site.js';
import { eraseCase } from '../erasure/erase-case.js';
import { registerArtifact } from '../models/testing.js';
import { countOpenDisagreements, findOpenDisagreements } from './open-disagreements.js';
import { decide, finish, mutate, READING, readingOf, storeCase, type TestCell, undo } from './testing.js';

let services: TestServices;
let admin: Viewer;
let first: Viewer;
let second: Viewer;
let third: Viewer;
let modelVersionId: string;

const artifact = randomArtifact();
const [negative, positive] = artifact.manifest.classes;

beforeAll(async () => {
  services = await openTestServices();
  admin = await services.createViewer();
  first = await services.createViewer(Role.CLINICIAN);
  second = await services.createViewer(Role.CLINICIAN);
  third = await services.createViewer(Role.CLINICIAN);
  ({ id: modelVersionId } = await registerArtifact(services, 'one', artifact));
});
afterAll(() => services.close());

let count = 0;
const caseOf = (cells: readonly TestCell[], more: { siteId?: string } = {}) => {
  const caseReference = `case ${++count}`;
  const place = { modelVersionId, createdById: admin.id, caseReference, ...more };
  return storeCase(services, place, cells).then((stored) => ({ ...stored, caseReference }));
};

const AGREEMENT = 'count agreeing leftOut kappa standardError lower upper';
const DOUBLE = `id case { id } createdBy { id } thirdReader { id }
  progress { part reader { id } cellCount decidedCount finishedAt } disagreements { count openCount }
  agreement { modelVersion { id } labels { ${AGREEMENT} } cellTypes { ${AGREEMENT} } withModel { reader { id } labels { ${AGREEMENT} } } }`;

const start = (input: Record<string, unknown>, viewer = admin) =>
  mutate(
    services,
    viewer,
    `mutation ($input: StartDoubleReadingInput!) { startDoubleReading(input: $input) { doubleReading { ${DOUBLE} } userErrors { code field message } } }`,
    { input },
  );
const startThird = (viewer: Viewer, doubleReadingId: string) =>
  mutate(
    services,
    viewer,
    `mutation ($doubleReadingId: ID!) { startThirdReading(doubleReadingId: $doubleReadingId) { reading { ${READING} } userErrors { code message } } }`,
    { doubleReadingId },
  );

async function doubleReadingOf(id: string, viewer = admin) {
  const query = `query ($id: ID!) { doubleReading(id: $id) { ${DOUBLE} } }`;
  const { data, errors } = await services.execute(query, { id }, viewer);
  expect(errors).toEqual([]);
  return data.doubleReading;
}

/** The newest reading of a reader. */
async function newestReading(viewer: Viewer) {
  const { data, errors } = await services.execute(`{ readings { ${READING} } }`, {}, viewer);
  expect(errors).toEqual([]);
  return data.readings[0];
}

interface Said {
  verdict: string;
  label?: string;
  cellType?: string;
}
const says = (label: string, cellType?: string): Said => ({ verdict: 'LABEL', label, cellType });

/** Decides on all cells of a reading: as the list has it for each prediction. */
async function read(viewer: Viewer, readingId: string, decisions: Map<string, Said>) {
  const cells = await services.database.readingCell.findMany({ where: { readingId } });
  for (const { place, predictionId } of cells) {
    const { userErrors } = await decide(services, viewer, {
      readingId,
      place,
      ...decisions.get(predictionId),
    });
    expect(userErrors).toEqual([]);
  }
}

/** A double reading of ten cells on which the readers differ three times. The model answers half of the cells positive, and withholds the last. */
async function readTwice(more: Record<string, unknown> = {}) {
  const stored = await caseOf(
    Array.from({ length: 10 }, (_, index) => ({
      label: index < 5 ? positive : negative,
      outcome: index === 9 ? ('INDETERMINATE' as const) : ('CLASSIFIED' as const),
    })),
  );
  const { caseId, predictionIds } = stored;
  const started = await start({ caseId, readerIds: [first.id, second.id], ...more });
  expect(started.userErrors).toEqual([]);
  const saidBy = (said: Record<number, Said>) =>
    new Map(predictionIds.map((id, index) => [id, said[index] ?? says(index < 5 ? positive : negative)]));
  const byFirst = saidBy({ 4: says(negative, 'MONOCYTE') });
  const bySecond = saidBy({
    0: { verdict: 'NOT_A_CELL' },
    1: { verdict: 'CANNOT_TELL' },
    4: says(positive, 'BLAST'),
  });
  return { ...stored, doubleReading: started.doubleReading, byFirst, bySecond };
}

test('two readers get the same cells in their own orders, and the result only when both have finished', async () => {
  const { caseId, predictionIds, doubleReading, byFirst, bySecond } = await readTwice();
  expect(doubleReading).toMatchObject({ case: { id: caseId }, disagreements: null, agreement: null });
  const one = await newestReading(first);
  const two = await newestReading(second);
  for (const [reading, part] of [
    [one, 'FIRST'],
    [two, 'SECOND'],
  ])
    expect(reading).toMatchObject({
      part,
      blind: true,
      origin: 'WHOLE_SET',
      cellCount: 10,
      case: null,
      doubleReading: null,
    });
  const orders = await Promise.all(
    [one, two].map(async ({ id }) =>
      (
        await services.database.readingCell.findMany({ where: { readingId: id }, orderBy: { place: 'asc' } })
      ).map(({ predictionId }) => predictionId),
    ),
  );
  expect(orders[0]).not.toEqual(orders[1]);
  for (const order of orders) expect(order.toSorted()).toEqual(predictionIds.toSorted());

  await read(first, one.id, byFirst);
  expect((await finish(services, first, one.id)).reading).toMatchObject({
    ...{ case: { id: caseId }, doubleReading: { id: doubleReading.id } },
  });
  expect(await readingOf(services, second, two.id)).toMatchObject({ decidedCount: 0 });
  expect((await finish(services, second, two.id)).userErrors).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining('10 cells') },
  ]);
  expect((await startThird(third, doubleReading.id)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  await read(second, two.id, bySecond);
  expect(await doubleReadingOf(doubleReading.id)).toMatchObject({
    ...{ disagreements: null, agreement: null },
    progress: [
      { part: 'FIRST', reader: { id: first.id }, decidedCount: 10, finishedAt: expect.any(String) },
      { part: 'SECOND', reader: { id: second.id }, decidedCount: 10, finishedAt: null },
    ],
  });
  expect(await countOpenDisagreements(services.database, caseId)).toBe(0);

  await finish(services, second, two.id);
  const { disagreements, agreement } = await doubleReadingOf(doubleReading.id);
  expect(disagreements).toEqual({ count: 3, openCount: 3 });
  expect(await countOpenDisagreements(services.database, caseId)).toBe(3);
  expect(agreement.map(({ modelVersion }: any) => modelVersion?.id ?? null)).toEqual([null, modelVersionId]);
  const [all] = agreement;
  // Nine cells, of which 7 agree: 3 positive and 6 negative by the first; 3 positive, 5 negative and 1 not a cell by the second.
  const expected = (3 * 3 + 6 * 5) / 81;
  expect(all.labels).toMatchObject({
    count: 9,
    agreeing: 7,
    leftOut: 1,
    kappa: expect.closeTo((7 / 9 - expected) / (1 - expected)),
  });
  expect(all.labels.standardError).toBeGreaterThan(0);
  expect(all.labels.lower).toBeLessThan(all.labels.kappa);
  expect(all.cellTypes).toMatchObject({ count: 1, agreeing: 0, leftOut: 9 });
  const ofFirst = all.withModel.find(({ reader }: any) => reader.id === first.id);
  expect(ofFirst.labels).toMatchObject({ count: 9, agreeing: 8, leftOut: 1 });
  const ofSecond = all.withModel.find(({ reader }: any) => reader.id === second.id);
  expect(ofSecond.labels).toMatchObject({ count: 7, agreeing: 7, leftOut: 3, kappa: 1 });

  const query = `query ($from: DateTime!, $to: DateTime!) { readingAgreement(modelName: "one", from: $from, to: $to) {
    modelVersion { id } labels { count } withModel { reader { id } labels { count } } } }`;
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  const monitored = await services.execute(query, { from: at(-5), to: at(5) }, third);
  expect(monitored.data.readingAgreement).toMatchObject([
    { modelVersion: { id: modelVersionId }, labels: { count: expect.any(Number) } },
  ]);
  expect(monitored.data.readingAgreement[0].labels.count).toBeGreaterThanOrEqual(9);
  expect((await services.execute(query, { from: at(-10), to: at(-5) }, third)).data.readingAgreement).toEqual(
    [],
  );
  const elsewhere = { ...third, siteIds: [], seesAllSites: false };
  expect(
    (await services.execute(query, { from: at(-5), to: at(5) }, elsewhere)).data.readingAgreement,
  ).toEqual([]);
});

test('a reader takes back a decision although the other has reviewed the cell since, and withdrawing a review settles no disagreement', async () => {
  const { caseId, predictionIds, byFirst, bySecond } = await readTwice();
  const one = await newestReading(first);
  const two = await newestReading(second);
  await read(first, one.id, byFirst);
  await read(second, two.id, bySecond);
  const cell = await services.database.readingCell.findFirstOrThrow({
    where: { readingId: one.id, predictionId: predictionIds[4] },
  });
  const taken = await undo(services, first, { readingId: one.id, place: cell.place });
  expect(taken).toMatchObject({ userErrors: [], cell: { verdict: null } });
  const review = await services.database.review.findUniqueOrThrow({ where: { id: cell.reviewId ?? '' } });
  expect(review.withdrawnAt).not.toBeNull();
  expect((await finish(services, first, one.id)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);

  await decide(services, first, { readingId: one.id, place: cell.place, verdict: 'LABEL', label: negative });
  await finish(services, first, one.id);
  await finish(services, second, two.id);
  expect(await countOpenDisagreements(services.database, caseId)).toBe(3);
  const { reviewId } = await services.database.readingCell.findFirstOrThrow({
    where: { readingId: one.id, predictionId: predictionIds[4] },
  });
  const withdrawn = await mutate(
    services,
    first,
    'mutation ($input: WithdrawReviewsInput!) { withdrawReviews(input: $input) { results { userErrors { message } } userErrors { message } } }',
    { input: { reviewIds: [reviewId] } },
  );
  expect(withdrawn).toEqual({ results: [{ userErrors: [] }], userErrors: [] });
  expect(await countOpenDisagreements(services.database, caseId)).toBe(3);
});

test('a third reader, who is none of the two, decides where they differ, without seeing what they said', async () => {
  const { caseId, predictionIds, doubleReading, byFirst, bySecond } = await readTwice();
  for (const [viewer, said] of [
    [first, byFirst],
    [second, bySecond],
  ] as const) {
    const { id } = await newestReading(viewer);
    await read(viewer, id, said);
    await finish(services, viewer, id);
  }
  for (const one of [first, second])
    expect((await startThird(one, doubleReading.id)).userErrors).toMatchObject([{ code: 'FORBIDDEN' }]);

  const obstacles = async () => {
    const { data } = await services.execute(`{ case(id: "${caseId}") { signingObstacles } }`, {}, admin);
    return data.case.signingObstacles.join(' ');
  };
  expect(await obstacles()).toContain('Two readers differ on 3 cells.');
  const { reading } = await startThird(third, doubleReading.id);
  expect(reading).toMatchObject({
    part: 'THIRD',
    blind: true,
    origin: 'WORKLIST',
    cellCount: 3,
    case: null,
    doubleReading: null,
  });
  expect((await startThird(third, doubleReading.id)).reading.id).toBe(reading.id);
  for (const cell of reading.cells)
    expect(cell).toMatchObject({ verdict: null, label: null, prediction: null });
  const cells = await services.database.readingCell.findMany({ where: { readingId: reading.id } });
  expect(cells.map(({ predictionId }) => predictionId).toSorted()).toEqual(
    [0, 1, 4].map((index) => predictionIds[index] ?? '').toSorted(),
  );
  await decide(services, third, { readingId: reading.id, place: 0, verdict: 'LABEL', label: negative });
  expect(await countOpenDisagreements(services.database, caseId)).toBe(2);
  const other = await startThird(admin, doubleReading.id);
  expect(other.reading.cellCount).toBe(2);
  await decide(services, third, { readingId: reading.id, place: 1, verdict: 'CANNOT_TELL' });
  await decide(services, third, { readingId: reading.id, place: 2, verdict: 'LABEL', label: positive });
  expect(await countOpenDisagreements(services.database, caseId)).toBe(0);
  expect(await obstacles()).not.toContain('Two readers differ');
  expect((await finish(services, third, reading.id)).userErrors).toEqual([]);
  expect((await doubleReadingOf(doubleReading.id)).disagreements).toEqual({ count: 3, openCount: 0 });
  const decided = cells.find(({ place }) => place === 0)?.predictionId ?? '';
  const { data } = await services.execute(
    `{ prediction(id: "${decided}") { finalLabel finalVerdict } }`,
    {},
    admin,
  );
  expect(data.prediction).toEqual({ finalLabel: negative, finalVerdict: 'LABEL' });
});

test('readers who give equal labels differ if the types decide about the diagnosis', async () => {
  const types: [one: string | undefined, two: string | undefined, differ: boolean][] = [
    ['MYELOBLAST', 'LYMPHOBLAST', true],
    ['MYELOBLAST', 'PROMONOCYTE', true],
    ['PROMONOCYTE', 'MONOCYTE', true],
    ['BLAST', 'MYELOBLAST', false],
    ['MONOBLAST', undefined, false],
    ['BAND_NEUTROPHIL', 'SEGMENTED_NEUTROPHIL', false],
    ['MYELOBLAST', 'MYELOBLAST', false],
  ];
  const { caseId, predictionIds } = await caseOf(types.map(() => ({ label: positive })));
  await start({ caseId, readerIds: [first.id, second.id] });
  const saidBy = (part: 0 | 1) =>
    new Map(predictionIds.map((id, index) => [id, says(positive, types[index]?.[part])]));
  for (const [viewer, said] of [
    [first, saidBy(0)],
    [second, saidBy(1)],
  ] as const) {
    const { id } = await newestReading(viewer);
    await read(viewer, id, said);
    await finish(services, viewer, id);
  }
  const { id: doubleReadingId } = await services.database.doubleReading.findFirstOrThrow({
    where: { caseId },
  });
  expect((await findOpenDisagreements(services.database, doubleReadingId)).toSorted()).toEqual(
    predictionIds.filter((_, index) => types[index]?.[2]).toSorted(),
  );
});

test('the chosen third reader gets the cells when both have finished', async () => {
  const { byFirst, bySecond } = await readTwice({ thirdReaderId: third.id });
  const before = await services.database.reading.count({ where: { readerId: third.id } });
  for (const [viewer, said] of [
    [second, bySecond],
    [first, byFirst],
  ] as const) {
    const { id } = await newestReading(viewer);
    await read(viewer, id, said);
    expect(await services.database.reading.count({ where: { readerId: third.id } })).toBe(before);
    await finish(services, viewer, id);
  }
  const reading = await newestReading(third);
  expect(reading).toMatchObject({ part: 'THIRD', cellCount: 3, createdBy: { id: admin.id } });
  expect(await services.database.auditEvent.findMany({ where: { entityId: reading.id } })).toMatchObject([
    {
      ...{ action: 'READING_STARTED', casePseudonym: expect.any(String) },
      detail: expect.stringContaining(`by ${third.id}`),
    },
  ]);
});

test('readers are two different people who may review and see the site, and the third is another', async () => {
  const { id: siteId } = await createSite(services.contextOf(admin), { name: 'Ward 8' });
  const { caseId } = await caseOf([{ label: positive }, { label: negative }], { siteId });
  const engineer = await services.createViewer(Role.ML_ENGINEER);
  const stranger = await services.createViewer(Role.CLINICIAN);
  await services.database.user.update({ where: { id: stranger.id }, data: { seesAllSites: false } });
  const left = await services.createViewer(Role.CLINICIAN);
  await services.database.user.update({ where: { id: left.id }, data: { disabledAt: new Date() } });
  for (const readerIds of [
    [first.id],
    [first.id, first.id],
    [first.id, second.id, third.id],
    [first.id, engineer.id],
    [stranger.id, first.id],
    [first.id, left.id],
  ])
    expect((await start({ caseId, readerIds })).userErrors).toMatchObject([
      { code: 'INVALID', field: ['input', 'readerIds'] },
    ]);
  for (const thirdReaderId of [first.id, engineer.id])
    expect(
      (await start({ caseId, readerIds: [first.id, second.id], thirdReaderId })).userErrors,
    ).toMatchObject([{ code: 'INVALID', field: ['input', 'thirdReaderId'] }]);
  const { data } = await services.execute(
    `query ($id: ID!) { possibleReaders(caseId: $id) { id } }`,
    { id: caseId },
    admin,
  );
  const ids = data.possibleReaders.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(expect.arrayContaining([admin.id, first.id, second.id, third.id]));
  for (const { id } of [engineer, stranger, left]) expect(ids).not.toContain(id);

  const elsewhere = { ...first, siteIds: [], seesAllSites: false };
  expect((await start({ caseId, readerIds: [first.id, second.id] }, elsewhere)).userErrors).toMatchObject([
    { code: 'NOT_FOUND' },
  ]);
  const { doubleReading } = await start({ caseId, readerIds: [first.id, second.id], count: 1 });
  expect(doubleReading.progress).toMatchObject([{ cellCount: 1 }, { cellCount: 1 }]);
  expect((await newestReading(first)).origin).toBe('RANDOM_SAMPLE');
  expect(await doubleReadingOf(doubleReading.id, elsewhere)).toBeNull();
  expect((await startThird(elsewhere, doubleReading.id)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
});

test('an erasure of the case removes its double readings', async () => {
  const { caseReference, doubleReading, byFirst } = await readTwice();
  const { id } = await newestReading(first);
  await read(first, id, byFirst);
  await eraseCase(services.contextOf(admin), { caseReference, reason: 'Consent was withdrawn.' });
  expect(await doubleReadingOf(doubleReading.id)).toBeNull();
  expect(await readingOf(services, first, id)).toBeNull();
  expect(await services.database.reading.count({ where: { doubleReadingId: doubleReading.id } })).toBe(0);
});
