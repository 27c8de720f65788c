import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { randomArtifact } from '../../artifact/testing.js';
import { everythingOf, openTestServices, type TestServices } from '../../graphql/testing.js';
import { createSite } from '../accounts/sites/create-site.js';
import { eraseCase } from '../erasure/erase-case.js';
import { registerArtifact } from '../models/testing.js';
import { reviewPrediction } from '../reviews/review-prediction.js';
import { decide, finish, readingOf, startReading, storeCase, type TestCell, undo } from './testing.js';

let services: TestServices;
let admin: Viewer;
let reader: Viewer;
let colleague: Viewer;
let modelVersionId: string;

const artifact = randomArtifact();
const { decisionThreshold, classes } = artifact.manifest;
const [negative, positive] = classes;

beforeAll(async () => {
  services = await openTestServices();
  admin = await services.createViewer();
  reader = await services.createViewer(Role.CLINICIAN);
  colleague = await services.createViewer(Role.CLINICIAN);
  ({ id: modelVersionId } = await registerArtifact(services, 'one', artifact));
});
afterAll(() => services.close());

let count = 0;
const caseOf = (cells: readonly TestCell[], more: { siteId?: string } = {}) => {
  const caseReference = `Case of Jane Doe ${++count}`;
  const place = { modelVersionId, createdById: admin.id, caseReference, ...more };
  return storeCase(services, place, cells).then((stored) => ({ ...stored, caseReference }));
};
const cellsOf = (size: number): TestCell[] =>
  Array.from({ length: size }, (_, index) => ({ label: index % 2 === 0 ? positive : negative }));

/** The ids of the predictions of a reading in its order. */
const orderOf = async (readingId: string) =>
  (await services.database.readingCell.findMany({ where: { readingId }, orderBy: { place: 'asc' } })).map(
    ({ predictionId }) => predictionId,
  );
const reviewsBy = (viewer: Viewer, predictionId: string) =>
  services.database.review.findMany({
    where: { predictionId, reviewerId: viewer.id },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });

describe('the cells of a reading', () => {
  test('are the least confident first: withheld ones, then the nearest to the threshold', async () => {
    const at = (distance: number) => ({ label: positive, probability: decisionThreshold + distance });
    const { caseId, predictionIds } = await caseOf([
      at(0.3),
      at(-0.02),
      { label: positive, outcome: 'OUT_OF_DISTRIBUTION', probability: 0.99 },
      at(0.05),
      { label: negative, outcome: 'INDETERMINATE', probability: decisionThreshold },
    ]);
    const input = { filter: { caseId }, order: 'LEAST_CONFIDENT_FIRST', blind: false };
    const { reading } = await startReading(services, reader, input);
    expect(reading).toMatchObject({
      cellCount: 5,
      decidedCount: 0,
      origin: 'WORKLIST',
      case: { id: caseId },
    });
    const [far, nearest, unlike, near, band] = predictionIds;
    expect(await orderOf(reading.id)).toEqual([band, unlike, nearest, near, far]);
    expect(reading.cells.map(({ prediction }: any) => prediction.id)).toEqual([
      band,
      unlike,
      nearest,
      near,
      far,
    ]);

    const few = await startReading(services, reader, { ...input, count: 2 });
    expect(await orderOf(few.reading.id)).toEqual([band, unlike]);
    const blind = await startReading(services, reader, { ...input, count: 3, blind: true });
    expect((await orderOf(blind.reading.id)).toSorted()).toEqual([band, unlike, nearest].toSorted());
  });

  test('are drawn at random, are all of a case, or of a filter, which decides the origin', async () => {
    const { caseId, predictionIds } = await caseOf(cellsOf(30));
    const draw = async (input: object) =>
      (
        await startReading(services, reader, {
          filter: { caseId },
          order: 'RANDOM_SAMPLE',
          blind: true,
          ...input,
        })
      ).reading;
    const sample = await draw({ count: 10 });
    expect(sample).toMatchObject({ cellCount: 10, origin: 'RANDOM_SAMPLE' });
    expect(await orderOf((await draw({ count: 10 })).id)).not.toEqual(await orderOf(sample.id));
    const all = await draw({});
    expect(all).toMatchObject({ cellCount: 30, origin: 'WHOLE_SET' });
    expect((await orderOf(all.id)).toSorted()).toEqual(predictionIds.toSorted());
    const blasts = await draw({ filter: { caseId, label: positive } });
    expect(blasts).toMatchObject({ cellCount: 15, origin: 'WORKLIST' });
    const unreviewed = await draw({ filter: { caseId, reviewed: false } });
    expect(unreviewed).toMatchObject({ cellCount: 30, origin: 'WORKLIST' });
  });

  test('cannot be none, more than 500, or of a case that the reader does not see', async () => {
    const { id: siteId } = await createSite(services.contextOf(admin), { name: 'Ward 7' });
    const { caseId } = await caseOf(cellsOf(2), { siteId });
    const input = { filter: { caseId }, order: 'RANDOM_SAMPLE', blind: false };
    for (const wrong of [0, 501])
      expect((await startReading(services, reader, { ...input, count: wrong })).userErrors).toMatchObject([
        { code: 'INVALID', field: ['input', 'count'], message: expect.stringContaining('1 to 500') },
      ]);
    const none = { ...input, filter: { caseId, reviewed: true } };
    expect((await startReading(services, reader, none)).userErrors).toMatchObject([{ code: 'INVALID' }]);

    const document =
      'mutation ($input: StartReadingInput!) { startReading(input: $input) { userErrors { code } } }';
    const elsewhere = { ...reader, siteIds: [], seesAllSites: false };
    expect((await services.execute(document, { input }, elsewhere)).errors).toMatchObject([
      { code: 'NOT_FOUND' },
    ]);
    const engineer = await services.createViewer(Role.ML_ENGINEER);
    expect((await services.execute(document, { input }, engineer)).errors).toMatchObject([
      { code: 'FORBIDDEN' },
    ]);

    // A reader who no longer sees the site no longer sees the cells.
    const { reading } = await startReading(services, reader, input);
    expect((await readingOf(services, elsewhere, reading.id)).cellCount).toBe(0);
    const decision = { readingId: reading.id, place: 0, verdict: 'LABEL', label: positive };
    expect((await decide(services, elsewhere, decision)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  });
});

test('a decision is a review, which can be changed and taken back until the reading is finished', async () => {
  const { caseId } = await caseOf(cellsOf(3));
  const { reading } = await startReading(services, reader, {
    ...{ filter: { caseId }, order: 'RANDOM_SAMPLE', blind: true, count: 2 },
  });
  const [first = '', second = ''] = await orderOf(reading.id);
  const at = (place: number, more: object) => ({ readingId: reading.id, place, ...more });
  const { cell } = await decide(
    services,
    reader,
    at(0, { verdict: 'LABEL', label: negative, cellType: 'MONOCYTE', comment: 'Vacuoles.' }),
  );
  expect(cell).toEqual({
    ...{
      place: 0,
      verdict: 'LABEL',
      label: negative,
      cellType: 'MONOCYTE',
      comment: 'Vacuoles.',
      prediction: null,
    },
  });
  expect(await reviewsBy(reader, first)).toMatchObject([
    { verdict: 'LABEL', label: negative, cellType: 'MONOCYTE', blind: true, origin: 'RANDOM_SAMPLE' },
  ]);

  // Without a label, the review repeats that of the model, which the cell must not show.
  const unlabelled = await decide(services, reader, at(1, { verdict: 'NOT_A_CELL' }));
  expect(unlabelled.cell).toMatchObject({ verdict: 'NOT_A_CELL', label: null });
  await decide(services, reader, at(1, { verdict: 'LABEL', label: positive }));
  expect(await readingOf(services, reader, reading.id)).toMatchObject({ decidedCount: 2, finishedAt: null });
  expect(await reviewsBy(reader, second)).toMatchObject([
    { verdict: 'NOT_A_CELL', withdrawnAt: expect.any(Date) },
    { label: positive, blind: true, withdrawnAt: null },
  ]);

  expect((await undo(services, reader, at(0, {}))).cell).toEqual({
    place: 0,
    verdict: null,
    label: null,
    comment: null,
  });
  expect(await readingOf(services, reader, reading.id)).toMatchObject({ decidedCount: 1 });
  expect((await services.database.prediction.findUniqueOrThrow({ where: { id: first } })).reviewed).toBe(
    false,
  );

  expect(
    (await decide(services, reader, at(0, { verdict: 'LABEL', label: 'unknown' }))).userErrors,
  ).toMatchObject([{ code: 'INVALID', message: expect.stringContaining(positive) }]);
  expect((await decide(services, reader, at(2, { verdict: 'CANNOT_TELL' }))).userErrors).toMatchObject([
    { code: 'NOT_FOUND', field: ['input', 'place'] },
  ]);

  // A reading of one person may be finished before its last cell.
  const { reading: finished } = await finish(services, reader, reading.id);
  expect(finished).toMatchObject({ decidedCount: 1, case: { id: caseId } });
  expect(finished.cells[1].prediction).toMatchObject({ id: second, reviews: [{}] });
  for (const refused of [
    await decide(services, reader, at(1, { verdict: 'CANNOT_TELL' })),
    await undo(services, reader, at(1, {})),
  ])
    expect(refused.userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  const events = await services.database.auditEvent.findMany({ where: { entityId: reading.id } });
  expect(events.map(({ action }) => action)).toEqual(['READING_STARTED', 'READING_FINISHED']);
  expect(events.every(({ casePseudonym }) => casePseudonym !== null)).toBe(true);
});

test('taking back a decision that replaced another leaves no review, also after the same request twice', async () => {
  const { caseId } = await caseOf(cellsOf(1));
  const { reading } = await startReading(services, reader, {
    ...{ filter: { caseId }, order: 'RANDOM_SAMPLE', blind: true },
  });
  const [predictionId = ''] = await orderOf(reading.id);
  const at = { readingId: reading.id, place: 0 };
  for (const label of [positive, negative, negative])
    expect((await decide(services, reader, { ...at, verdict: 'LABEL', label })).cell).toMatchObject({
      label,
    });
  expect((await undo(services, reader, at)).cell).toMatchObject({ verdict: null });
  const { reviewed } = await services.database.prediction.findUniqueOrThrow({ where: { id: predictionId } });
  expect(reviewed).toBe(false);
  expect((await reviewsBy(reader, predictionId)).map(({ withdrawnAt }) => withdrawnAt)).toEqual(
    Array.from({ length: 3 }, () => expect.any(Date)),
  );
});

describe('a blind reading', () => {
  const blindReading = async (size: number, viewer = reader) => {
    const stored = await caseOf(cellsOf(size));
    const input = { filter: { caseId: stored.caseId }, order: 'RANDOM_SAMPLE', blind: true };
    return { ...stored, reading: (await startReading(services, viewer, input)).reading };
  };

  test('shows nothing of the prediction in any field, and nobody but its reader sees it', async () => {
    const own = await services.createViewer(Role.CLINICIAN);
    const { reading, predictionIds, caseId } = await blindReading(4, own);
    await reviewPrediction(services.contextOf(colleague), {
      ...{ predictionId: predictionIds[0] ?? '', label: positive, comment: 'Auer rods.' },
    });
    await decide(services, own, { readingId: reading.id, place: 0, verdict: 'CANNOT_TELL' });
    const type = services.schema.getQueryType()?.getFields().reading?.type;
    if (!type) throw new Error('The schema has no readings.');
    const everything = everythingOf(type, (field) => field.startsWith('User.'));
    for (const query of [`reading(id: "${reading.id}") ${everything}`, `readings ${everything}`]) {
      const { data, errors } = await services.execute(`{ ${query} }`, {}, own);
      expect(errors).toEqual([]);
      const text = JSON.stringify(data);
      expect(text).toContain(`/files/readings/${reading.id}/3/cell.jpg`);
      for (const secret of [...predictionIds, caseId, colleague.id, 'Jane Doe', 'Auer rods', 'CLASSIFIED'])
        expect(text).not.toContain(secret);
    }
    expect((await services.execute(`{ node(id: "${reading.id}") { id } }`, {}, own)).data.node).toBeNull();
    for (const other of [colleague, admin]) {
      expect(await readingOf(services, other, reading.id)).toBeNull();
      const decision = { readingId: reading.id, place: 0, verdict: 'CANNOT_TELL' };
      expect((await decide(services, other, decision)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
      expect((await undo(services, other, { readingId: reading.id, place: 0 })).userErrors).toMatchObject([
        { code: 'NOT_FOUND' },
      ]);
      expect((await finish(services, other, reading.id)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    }
  });

  test.each([
    ['the answer', 'prediction(id: $id) { outcome }'],
    ["the device's answer", 'prediction(id: $id) { deviceAnswer { label } }'],
    ['the reviews', 'prediction(id: $id) { reviews { label } }'],
    [
      'the history',
      'predictions(first: 5, filter: { caseReference: $reference }) { edges { node { finalLabel } } }',
    ],
    [
      'a filter by the answer',
      'predictions(first: 5, filter: { caseReference: $reference, minConfidence: 0 }) { edges { node { id } } }',
    ],
    ['the differential', 'prediction(id: $id) { case { differential { whiteCells } } }'],
    ['the draft of the report', 'prediction(id: $id) { case { reportDraft { conclusion } } }'],
  ])('records that its reader saw %s elsewhere, and then the review is not blind', async (_, query) => {
    const { reading, caseReference } = await blindReading(2);
    const [first = '', second = ''] = await orderOf(reading.id);
    await decide(services, reader, { readingId: reading.id, place: 0, verdict: 'LABEL', label: positive });
    const declared = query.includes('$id') ? '$id: ID!' : '$reference: String!';
    const variables = { id: second, reference: caseReference };
    // Fields without an answer, and what somebody else reads, change nothing.
    await services.execute(
      'query ($id: ID!) { prediction(id: $id) { id createdAt } }',
      { id: second },
      reader,
    );
    await services.execute(`query (${declared}) { ${query} }`, variables, colleague);
    const cells = { where: { readingId: reading.id }, orderBy: { place: 'asc' } } as const;
    expect((await services.database.readingCell.findMany(cells))[1]?.answerSeenAt).toBeNull();

    const { errors } = await services.execute(`query (${declared}) { ${query} }`, variables, reader);
    expect(errors).toEqual([]);
    await decide(services, reader, { readingId: reading.id, place: 1, verdict: 'LABEL', label: positive });
    expect(await reviewsBy(reader, first)).toMatchObject([{ blind: true }]);
    expect(await reviewsBy(reader, second)).toMatchObject([{ blind: false }]);
  });

  test('is not blind for a cell that its reader reviewed, or that another reading has shown', async () => {
    const { reading, caseId } = await blindReading(3);
    const [first = '', second = '', third = ''] = await orderOf(reading.id);
    await reviewPrediction(services.contextOf(reader), { predictionId: first, label: positive });
    const open = { filter: { caseId }, order: 'RANDOM_SAMPLE', blind: true, count: 3 };
    const other = (await startReading(services, colleague, { ...open, blind: false })).reading;
    expect(other.cells).toHaveLength(3);
    for (const place of [0, 1])
      await decide(services, reader, { readingId: reading.id, place, verdict: 'LABEL', label: positive });
    expect(await reviewsBy(reader, first)).toMatchObject([{ blind: false }, { blind: false }]);
    expect(await reviewsBy(reader, second)).toMatchObject([{ blind: true }]);
    await finish(services, reader, reading.id);

    const again = (await startReading(services, reader, open)).reading;
    const place = (await orderOf(again.id)).indexOf(third);
    await decide(services, reader, { readingId: again.id, place, verdict: 'LABEL', label: positive });
    expect(await reviewsBy(reader, third)).toMatchObject([{ blind: false }]);
  });
});

test('an erasure of the case removes its readings and their cells', async () => {
  const { caseId, caseReference } = await caseOf(cellsOf(2));
  const ofCase = await startReading(services, reader, {
    ...{ filter: { caseId }, order: 'RANDOM_SAMPLE', blind: true },
  });
  const ofHistory = await startReading(services, reader, {
    ...{ filter: { caseReference }, order: 'RANDOM_SAMPLE', blind: false },
  });
  const decision = { verdict: 'LABEL', label: positive, place: 0 };
  for (const { reading } of [ofCase, ofHistory])
    await decide(services, reader, { readingId: reading.id, ...decision });
  await eraseCase(services.contextOf(admin), { caseReference, reason: 'Consent was withdrawn.' });
  expect(await readingOf(services, reader, ofCase.reading.id)).toBeNull();
  expect(await readingOf(services, reader, ofHistory.reading.id)).toMatchObject({ cellCount: 0, cells: [] });
  const left = { where: { readingId: { in: [ofCase.reading.id, ofHistory.reading.id] } } };
  expect(await services.database.readingCell.count(left)).toBe(0);
});
